import { GatewayError } from '../lib/error.ts'
import {
  JsonScanError,
  decodeJsonString,
  joinJsonStrings,
  jsonArray,
  scanJson,
  stringToJson,
  toJsonText,
} from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import type { OpaquePart, Part, Seal } from './content.ts'
import type { Event, FinishEvent, PartHead, StartEvent } from './event.ts'
import type { Ext } from './ext.ts'
import type { CanonicalResponse } from './response.ts'
import type { Usage } from './usage.ts'

/** An opaque part with the deltas that followed it; only the protocol that sent them knows how they add up. */
export type OpaqueMerge = (part: OpaquePart, deltas: readonly JsonText[]) => OpaquePart

/**
 * Adds the events of a streamed answer up to the whole answer. Law: folding a stream gives what decoding the same answer
 * in one piece gives.
 */
export class ResponseFold {
  readonly #mergeOpaque: OpaqueMerge
  readonly #parts: Part[] = []
  #start: StartEvent | null = null
  #finish: FinishEvent | null = null
  #usage: Usage | null = null
  #error: GatewayError | null = null
  #open: OpenPart | null = null

  /** Without `mergeOpaque` an opaque part stays as it was when it opened. */
  constructor(mergeOpaque: OpaqueMerge = (part) => part) {
    this.#mergeOpaque = mergeOpaque
  }

  add(event: Event): void {
    switch (event.type) {
      case 'start':
        this.#start = event
        this.#usage = event.usage
        break
      case 'part-start':
        this.#open = new OpenPart(event.part)
        break
      case 'text-delta':
        this.#open?.pieces.push(event.text)
        break
      case 'input-delta':
        this.#open?.pieces.push(event.json)
        break
      case 'seal-delta':
        if (this.#open !== null) this.#open.seal = event.seal
        break
      case 'citation-delta':
        this.#open?.citations.push(event.citation)
        break
      case 'opaque-delta':
        this.#open?.opaque.push(event.raw)
        break
      case 'part-end':
        if (this.#open !== null) this.#parts.push(this.#open.close(this.#mergeOpaque))
        this.#open = null
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish':
        this.#finish = event
        break
      case 'error':
        this.#error = event.error
        break
      case 'opaque':
        break
      default:
        event satisfies never
    }
  }

  /** Throws the stream's own error, and `upstream_truncated` while there is no `finish`. */
  response(): CanonicalResponse {
    if (this.#error !== null) throw this.#error
    if (this.#finish === null) throw new GatewayError('upstream_truncated', 'The upstream broke off its answer.')
    return {
      id: this.#start?.id ?? null,
      model: this.#start?.model ?? null,
      parts: this.#parts,
      finish: this.#finish.finish,
      usage: this.#usage,
      ext: mergeExt(this.#start?.ext ?? null, this.#finish.ext),
    }
  }
}

/** The whole answer that these events add up to; see `ResponseFold`. */
export function foldEvents(events: Iterable<Event>, mergeOpaque?: OpaqueMerge): CanonicalResponse {
  const fold = new ResponseFold(mergeOpaque)
  for (const event of events) fold.add(event)
  return fold.response()
}

class OpenPart {
  readonly pieces: JsonText[] = []
  readonly citations: JsonText[] = []
  readonly opaque: JsonText[] = []
  seal: Seal | null = null
  readonly #head: PartHead

  constructor(head: PartHead) {
    this.#head = head
  }

  close(mergeOpaque: OpaqueMerge): Part {
    const head = this.#head
    switch (head.kind) {
      case 'text':
        return {
          kind: 'text',
          text: joinJsonStrings(this.pieces),
          refusal: head.refusal,
          citations: this.citations.length === 0 ? null : jsonArray(this.citations),
          cache: null,
          ext: head.ext,
        }
      case 'reasoning':
        return { kind: 'reasoning', text: joinJsonStrings(this.pieces), seal: this.seal, cache: null, ext: head.ext }
      case 'tool-call':
        return {
          kind: 'tool-call',
          id: head.id,
          name: head.name,
          ...toolInput(joinJsonStrings(this.pieces)),
          cache: null,
          ext: head.ext,
        }
      case 'media':
        return head
      case 'opaque':
        return this.opaque.length === 0 ? head : mergeOpaque(head, this.opaque)
      default:
        return head satisfies never
    }
  }
}

/** What a model gave as arguments, as `ToolCallPart` keeps it: nothing at all means no arguments. */
export function toolInput(literal: JsonText): { readonly input: JsonText; readonly invalid: boolean } {
  const text = decodeJsonString(literal)
  if (text.trim() === '') return { input: toJsonText({}), invalid: false }
  try {
    const node = scanJson(text)
    if (node.kind === 'object') return { input: node.raw, invalid: false }
  } catch (thrown) {
    if (!(thrown instanceof JsonScanError)) throw thrown
  }
  return { input: stringToJson(text), invalid: true }
}

function mergeExt(first: Ext | null, second: Ext | null): Ext | null {
  if (first === null || second === null || first.protocol !== second.protocol) return second ?? first
  return { protocol: first.protocol, fields: new Map([...first.fields, ...second.fields]) }
}
