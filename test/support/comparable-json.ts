import { scanJson } from '../../src/lib/json.ts'
import type { JsonNode } from '../../src/lib/json.ts'

/** JSON as a value in which numbers keep their digits and the order of members does not count. */
export function comparable(json: string): unknown {
  return valueOf(scanJson(json))
}

function valueOf(scanned: JsonNode): unknown {
  switch (scanned.kind) {
    case 'object':
      return Object.fromEntries(scanned.members.map(({ name, value }) => [name, valueOf(value)]))
    case 'array':
      return scanned.items.map(valueOf)
    case 'number':
      return { number: scanned.raw }
    case 'string':
    case 'boolean':
    case 'null':
      return scanned.decode()
    default:
      return scanned.kind satisfies never
  }
}
