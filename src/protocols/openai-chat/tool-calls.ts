import { toolInput } from '../../canonical/fold.ts'
import type { SealOrigin } from '../../canonical/content.ts'
import { GatewayError } from '../../lib/error.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  decodeJsonString,
  joinJsonStrings,
  scanJson,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { stableId } from '../../lib/stable-id.ts'
import { ownExt } from './ext.ts'
import type { PartSequence } from './part-sequence.ts'
import { extraContentSeal } from './reasoning-details.ts'
import { otherCall } from './wire.ts'

/** `other`: of a kind nobody typed, which comes whole. */
type CallKind = 'function' | 'custom' | 'other'

/** What is known of one call while its fragments arrive. */
interface Call {
  /** The vendor's index, or its place in the order of appearance. */
  readonly order: number
  id: string | null
  name: string | null
  readonly kind: CallKind
  /** The last element as it came, for calls of other kinds. */
  raw: JsonText
  /** Members that are nobody's: `extra_content`. */
  readonly extra: Map<string, JsonText>
  /** String literals; joined they are the arguments. */
  readonly pieces: JsonText[]
  /** How many of `pieces` went out. */
  sent: number
  ended: boolean
}

export interface ToolCallContext {
  readonly parts: PartSequence
  readonly origin: SealOrigin
  readonly toolNames: ReadonlyMap<string, string>
  /** Id of the answer; ids that a vendor leaves out are derived from it. */
  readonly answerId: () => string
}

/**
 * Turns fragments of tool calls, however a vendor mixes them, into calls one after the other. The first call that is open
 * streams as it comes; fragments of others wait until it ends, which is known when its arguments are a whole object and
 * another call begins, or when all calls end.
 */
export class ToolCallAssembler {
  readonly #context: ToolCallContext
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()
  readonly #ids = new Set<string>()
  #live: Call | null = null
  #last: Call | null = null

  constructor(context: ToolCallContext) {
    this.#context = context
  }

  /** No call has begun, as in most chunks of most answers. */
  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /** Some call was given a part. */
  get any(): boolean {
    return this.#calls.some(({ name }) => name !== null)
  }

  /** The arguments of some call are no whole JSON. */
  get broken(): boolean {
    return this.#calls.some(({ kind, pieces }) => kind === 'function' && toolInput(joinJsonStrings(pieces)).invalid)
  }

  /** No call waits for more: other content may follow without losing arguments. */
  get settled(): boolean {
    return this.#calls.every((call) => call.ended || call.kind === 'other' || (call.name !== null && isWhole(call)))
  }

  /** One element of `tool_calls`. `position`: its place in the array where that is whole; null for a fragment. */
  add(fragment: JsonNode, position: number | null): void {
    const fn = fragment.get('function') ?? fragment.get('custom')
    const name = text(fn?.get('name'))
    const id = text(fragment.get('id'))
    const call = this.#find(fragment, position, id, name)
    call.id ??= id
    call.name ??= name
    call.raw = fragment.raw
    for (const { name: member, value } of fragment.members) {
      if (!CALL_MEMBERS.has(member) && !value.isNull) call.extra.set(member, value.raw)
    }
    keepFunctionMembers(call, fn)
    this.#last = call
    this.#grow(call, argumentsOf(fn?.get(call.kind === 'custom' ? 'input' : 'arguments')))
  }

  /** More arguments of the call that the last fragment was of. */
  addArguments(piece: JsonText): void {
    if (this.#last !== null && piece !== EMPTY_JSON_STRING) this.#grow(this.#last, piece)
  }

  /** `function_call`, OpenAI's first form of a tool call: there is one, without an id. */
  addLegacy(node: JsonNode): void {
    const call = this.#calls[0] ?? this.#newCall(0, 'function')
    call.name ??= text(node.get('name'))
    keepFunctionMembers(call, node)
    this.#grow(call, argumentsOf(node.get('arguments')))
  }

  /** Everything that waits goes out. Throws `upstream_invalid_response` for a call that never got a name. */
  flush(): void {
    this.#endLive()
    for (const call of this.#waiting()) {
      if (call.name !== null) {
        this.#begin(call)
        this.#endLive()
      } else if (call.pieces.length > 0 || call.id !== null) {
        throw new GatewayError('upstream_invalid_response', 'The upstream called a tool without naming it.')
      }
    }
  }

  /** The call a fragment belongs to: by its index, else by its id. */
  #find(fragment: JsonNode, position: number | null, id: string | null, name: string | null): Call {
    const kind = kindOf(fragment)
    const index = position ?? fragment.get('index')?.number
    if (index === undefined) return this.#identify(id, name) ?? this.#newCall(this.#calls.length, kind)
    const known = this.#byIndex.get(index)
    if (known !== undefined && !isNextCall(known, id, name)) return known
    const call = this.#newCall(known === undefined ? index : this.#calls.length, kind)
    this.#byIndex.set(index, call)
    return call
  }

  /** Without an index: the call of this id, else the last one as long as nothing says that another begins. */
  #identify(id: string | null, name: string | null): Call | undefined {
    const last = this.#calls.at(-1)
    const isOpen = last !== undefined && !isWhole(last)
    if (id !== null) {
      const known = this.#calls.find((call) => call.id === id)
      return known ?? (isOpen && last.id === null ? last : undefined)
    }
    if (name === null || last?.name === null) return last
    return isOpen && last.name === name ? last : undefined
  }

  #newCall(order: number, kind: CallKind): Call {
    const name = kind === 'other' ? '' : null
    const call: Call = {
      order,
      id: null,
      name,
      kind,
      raw: toJsonText({}),
      extra: new Map(),
      pieces: [],
      sent: 0,
      ended: false,
    }
    this.#calls.push(call)
    return call
  }

  #grow(call: Call, piece: JsonText | null): void {
    if (piece !== null && !saysNothing(call, piece) && !repeats(call, piece)) {
      if (call.ended) {
        throw new GatewayError('upstream_invalid_response', 'The upstream went on with a tool call that was complete.')
      }
      call.pieces.push(piece)
    }
    if (call !== this.#live && this.#live !== null && isWhole(this.#live)) this.#endLive()
    if (this.#live === null) this.#beginNext()
    else if (call === this.#live) this.#send(call)
  }

  #beginNext(): void {
    const next = this.#waiting()[0]
    if (next !== undefined && next.name !== null && next.kind === 'function') this.#begin(next)
  }

  #waiting(): Call[] {
    return this.#calls.filter((call) => !call.ended && call !== this.#live).sort((a, b) => a.order - b.order)
  }

  #begin(call: Call): void {
    const { parts, origin, toolNames } = this.#context
    const name = call.name ?? ''
    this.#live = call
    if (call.kind === 'other') return parts.whole(otherCall(withoutIndex(call.raw)))
    const id = this.#idOf(call, name)
    if (call.kind === 'custom') return parts.whole(otherCall(customCall(id, name, call)))
    const signature = call.extra.get('extra_content')
    if (signature !== undefined) parts.seal(extraContentSeal(signature, origin))
    parts.toolCall(id, toolNames.get(name) ?? name, call.extra.size === 0 ? null : ownExt(call.extra))
    this.#send(call)
  }

  #send(call: Call): void {
    if (call.kind !== 'function') return
    for (; call.sent < call.pieces.length; call.sent++)
      this.#context.parts.input(call.pieces[call.sent] ?? EMPTY_JSON_STRING)
  }

  #endLive(): void {
    if (this.#live === null) return
    this.#live.ended = true
    this.#live.sent = this.#live.pieces.length
    this.#live = null
    this.#context.parts.close()
  }

  /** The vendor's id, or one made up where there is none or it was used already in this answer. */
  #idOf(call: Call, name: string): string {
    const isNew = call.id !== null && !this.#ids.has(call.id)
    const ordinal = String(this.#calls.indexOf(call))
    const id = isNew && call.id !== null ? call.id : `call_${stableId(24, this.#context.answerId(), ordinal, name)}`
    this.#ids.add(id)
    return id
  }
}

const NULL_ARGUMENTS = stringToJson('null')
const CALL_MEMBERS = new Set(['index', 'id', 'type', 'function', 'custom'])
const FUNCTION_MEMBERS = new Set(['name', 'arguments', 'input'])

/** What the function of a call has besides, by dotted names. */
function keepFunctionMembers(call: Call, fn: JsonNode | undefined): void {
  for (const { name, value } of fn?.members ?? []) {
    if (!FUNCTION_MEMBERS.has(name) && !value.isNull) call.extra.set(`function.${name}`, value.raw)
  }
}

function text(node: JsonNode | undefined): string | null {
  return node?.string === undefined || node.string === '' ? null : node.string
}

/** The literal of the arguments' text; some servers send the object itself. */
function argumentsOf(node: JsonNode | undefined): JsonText | null {
  if (node === undefined || node.isNull || node.raw === EMPTY_JSON_STRING) return null
  return node.kind === 'string' ? node.raw : stringToJson(node.raw)
}

/** Some servers write `null` for arguments that there are none of. No object begins so. */
function saysNothing(call: Call, piece: JsonText): boolean {
  return call.pieces.length === 0 && piece === NULL_ARGUMENTS
}

/** The arguments are an object that is closed: nothing can follow. */
function isWhole(call: Call): boolean {
  const last = call.pieces.at(-1)
  if (last === undefined || !last.slice(-16).includes('}')) return false
  return !toolInput(joinJsonStrings(call.pieces)).invalid
}

/** Space behind a whole object, or the object once more, as some servers send it in the last chunk. */
function repeats(call: Call, piece: JsonText): boolean {
  const given = decodeJsonString(piece).trim()
  if (given !== '' && !given.startsWith('{')) return false
  if (!isWhole(call)) return false
  return given === '' || toolInput(piece).input === toolInput(joinJsonStrings(call.pieces)).input
}

/** Some servers give every call the index 0: a whole call with another name or id behind it is the next one. */
function isNextCall(known: Call, id: string | null, name: string | null): boolean {
  if (id === null || name === null || known.id === null || known.name === null || id === known.id) return false
  return isWhole(known) || (known.pieces.length === 0 && name !== known.name)
}

function kindOf(fragment: JsonNode): CallKind {
  const type = fragment.get('type')?.string ?? ''
  if (fragment.get('custom') !== undefined || type === 'custom') return 'custom'
  return type === '' || type === 'function' || fragment.get('function') !== undefined ? 'function' : 'other'
}

/** An index counts the calls of one stream; ours are counted anew. */
function withoutIndex(raw: JsonText): JsonText {
  const writer = new JsonObjectWriter()
  for (const { name, value } of scanJson(raw).members) if (name !== 'index') writer.add(name, value.raw)
  return writer.text
}

function customCall(id: string, name: string, call: Call): JsonText {
  const custom = new JsonObjectWriter().add('name', toJsonText(name)).add('input', joinJsonStrings(call.pieces)).text
  return new JsonObjectWriter().add('id', toJsonText(id)).add('type', toJsonText('custom')).add('custom', custom).text
}
