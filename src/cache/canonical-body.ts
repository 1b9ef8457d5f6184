import type { JsonMember, JsonNode } from '../lib/json.ts'

/**
 * The body of a request as the name of its answer needs it: whitespace between tokens left out, the root's members in the
 * order of their names, and those left out that `ignored` names. Nothing else is made equal: nested members keep their
 * order, names, numbers and strings are as they were written, for models may see all of that.
 */
export function canonicalBody(root: JsonNode, ignored: ReadonlySet<string>): string {
  const members = root.members.filter(({ name }) => !ignored.has(name))
  const sorted = members.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return objectOf(root, sorted)
}

function objectOf(node: JsonNode, members: readonly JsonMember[]): string {
  const source = node.latin1
  let text = '{'
  for (const [position, member] of members.entries()) {
    text += `${position === 0 ? '' : ','}${nameOf(member, node, source)}:${compact(member.value)}`
  }
  return `${text}}`
}

/** As it was written: decoded, two names of different meaning can look the same in a text that was read as latin1. */
function nameOf({ nameStart, value }: JsonMember, { start }: JsonNode, source: string): string {
  const upToValue = source.slice(nameStart - start, value.start - start)
  return upToValue.slice(0, upToValue.lastIndexOf('"') + 1)
}

function compact(node: JsonNode): string {
  if (node.isCompact) return node.latin1
  switch (node.kind) {
    case 'object':
      return objectOf(node, node.members)
    case 'array':
      return `[${node.items.map((item) => compact(item)).join(',')}]`
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return node.latin1
    default:
      return node.kind satisfies never
  }
}
