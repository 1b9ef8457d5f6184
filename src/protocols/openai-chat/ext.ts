import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { JsonObjectWriter, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'

const PROTOCOL = 'openai-chat'

/**
 * Reads an object's members by name and remembers which were taken: what nobody took becomes the node's `ext`, so that a
 * field no one has heard of, or an explicit null, stands again where it stood.
 */
export class FieldReader {
  readonly #rest: Map<string, JsonText>
  readonly #node: JsonNode

  constructor(node: JsonNode) {
    this.#node = node
    this.#rest = new Map()
    for (const [name, value] of node.index()) this.#rest.set(name, value.raw)
  }

  /** The member, left for `ext` unless `take` follows. */
  peek(name: string): JsonNode | undefined {
    return this.#node.get(name)
  }

  /** The member's value; undefined when it is absent or null (which stays for `ext`). */
  take(name: string): JsonNode | undefined {
    const value = this.#node.get(name)
    if (value === undefined || value.isNull) return undefined
    this.#rest.delete(name)
    return value
  }

  /** The member if it is a string. One of another kind is not ours to read and stays for `ext`. */
  takeString(name: string): JsonNode | undefined {
    return this.#node.get(name)?.kind === 'string' ? this.take(name) : undefined
  }

  /** Gives a field to `ext`: one taken before, or a hint (`$role`) about the shape. */
  keep(name: string, value: JsonText): void {
    this.#rest.set(name, value)
  }

  /** Takes the field away from `ext`. */
  forget(name: string): void {
    this.#rest.delete(name)
  }

  /** All that was not taken. Never null: an empty one still says that the node came from Chat. */
  get ext(): Ext {
    return { protocol: PROTOCOL, fields: this.#rest }
  }
}

/** What Chat said about a node; null when the node came from elsewhere. */
export function ownFields(ext: Ext | null): ReadonlyMap<string, JsonText> | null {
  return ext?.protocol === PROTOCOL ? ext.fields : null
}

export function ownExt(fields: ReadonlyMap<string, JsonText>): Ext {
  return { protocol: PROTOCOL, fields }
}

/** A hint about a node's shape on the wire, decoded. */
export function hint(ext: Ext | null, name: string): JsonText | null {
  return ownFields(ext)?.get(`$${name}`) ?? null
}

export function isHint(name: string): boolean {
  return name.startsWith('$')
}

/**
 * Writes back what Chat itself said about a node, and reports what other protocols said as lost.
 * `prefix`: where in the request the node stands, for the report: `messages`, `tools`.
 */
export function writeExt(writer: JsonObjectWriter, ext: Ext | null, prefix: string, losses: LossSink): void {
  if (ext === null) return
  const own = ext.protocol === PROTOCOL
  for (const [name, value] of ext.fields) {
    if (isHint(name)) continue
    if (own) writer.add(name, value)
    else reportLost(prefix, name, value, losses)
  }
}

/** Reports the fields of a node that will not be sent at all. */
export function loseExt(ext: Ext | null, prefix: string, losses: LossSink): void {
  if (ext === null) return
  for (const [name, value] of ext.fields) if (!isHint(name)) reportLost(prefix, name, value, losses)
}

function reportLost(prefix: string, name: string, value: JsonText, losses: LossSink): void {
  // Nothing is lost where nothing was said.
  if (value === 'null') return
  losses.drop(prefix === '' ? name : `${prefix}.${name}`, 'no equivalent in OpenAI Chat')
}

export const YES: JsonText = toJsonText(true)
export const NULL: JsonText = toJsonText(null)
