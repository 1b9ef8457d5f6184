import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { JsonObjectWriter, scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonKind, JsonNode, JsonText } from '../../lib/json.ts'

const PROTOCOL = 'openai-chat'

/** The hint that holds members which say nothing: nulls and explicit defaults. Own encoders write them back. */
const QUIET = '$quiet'

/**
 * Reads an object's members by name and remembers which were taken: what nobody took becomes the node's `ext`, so that a
 * field no one has heard of, or an explicit null, stands again where it stood.
 */
export class FieldReader {
  readonly #node: JsonNode
  readonly #rest = new Map<string, JsonText>()
  readonly #quiet = new Map<string, JsonText>()

  constructor(node: JsonNode) {
    this.#node = node
    for (const [name, value] of node.index()) {
      // A client may not write hints for us.
      if (value.isNull || isHint(name)) this.#quiet.set(name, value.raw)
      else this.#rest.set(name, value.raw)
    }
  }

  /** The member, which stays for `ext`. */
  peek(name: string): JsonNode | undefined {
    return this.#node.get(name)
  }

  /** The member's value; undefined when it is absent or null. */
  take(name: string): JsonNode | undefined {
    const value = this.#node.get(name)
    if (value === undefined || value.isNull) return undefined
    this.#rest.delete(name)
    return value
  }

  /** The member if it is of this kind. One of another kind is not ours to read and stays for `ext`. */
  takeKind(name: string, kind: JsonKind): JsonNode | undefined {
    return this.#node.get(name)?.kind === kind ? this.take(name) : undefined
  }

  /** Takes a member that says no more than its absence would: nobody need report it as lost. */
  hush(name: string): void {
    const value = this.take(name)
    if (value !== undefined) this.#quiet.set(name, value.raw)
  }

  /** Leaves a note (`role`, without the `$`) about the shape on the wire. */
  hint(name: string, value: JsonText): void {
    this.#rest.set(`$${name}`, value)
  }

  /** A field under a name of ours: members of an inner object (`function.x`). */
  keep(name: string, value: JsonText): void {
    this.#rest.set(name, value)
  }

  /**
   * Members of an inner object that nobody reads, by dotted names (`stream_options.x`): other protocols report them. Our own
   * vendor gets the object as it was, from a hint.
   */
  keepMembers(name: string, inner: JsonNode, read: ReadonlySet<string>): void {
    for (const { name: member, value } of inner.members) {
      if (!read.has(member) && !value.isNull) this.#rest.set(`${name}.${member}`, value.raw)
    }
  }

  /** All that was not taken. Never null: an empty one still says that the node came from Chat. */
  get ext(): Ext {
    if (this.#quiet.size === 0) return { protocol: PROTOCOL, fields: this.#rest }
    const writer = new JsonObjectWriter()
    for (const [name, value] of this.#quiet) writer.add(name, value)
    return { protocol: PROTOCOL, fields: new Map([...this.#rest, [QUIET, writer.text]]) }
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

/** True for a member of one of these objects, which `keepMembers` kept for others to report. */
export function isMemberOf(objects: readonly string[], name: string): boolean {
  return objects.some((object) => name.startsWith(object) && name[object.length] === '.')
}

/**
 * Writes back what Chat itself said about a node, and reports what other protocols said as lost.
 * `prefix`: where in the request the node stands, for the report: `messages`, `tools`; empty for the request itself.
 */
export function writeExt(writer: JsonObjectWriter, ext: Ext | null, prefix: string, losses: LossSink): void {
  const own = ownFields(ext)
  if (own === null) return loseExt(ext, prefix, losses)
  for (const [name, value] of own) if (!isHint(name)) writer.add(name, value)
  writeQuiet(writer, own)
}

/** Writes back the members that say nothing. */
export function writeQuiet(writer: JsonObjectWriter, own: ReadonlyMap<string, JsonText>): void {
  for (const [name, value] of quietFields(own)) writer.add(name, value)
}

/** Those members, by name. `holder`: the hint that has them. */
export function quietFields(
  own: ReadonlyMap<string, JsonText>,
  holder = QUIET,
): readonly (readonly [string, JsonText])[] {
  const quiet = own.get(holder)
  return quiet === undefined ? [] : scanJson(quiet).members.map(({ name, value }) => [name, value.raw])
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
