import type { MediaPart, OpaquePart, Seal } from '../../canonical/content.ts'
import type { Event, FinishEvent, OpaqueEvent, PartHead, StartEvent } from '../../canonical/event.ts'
import { NO_USAGE } from '../../canonical/usage.ts'
import type { Usage } from '../../canonical/usage.ts'
import {
  EMPTY_JSON_STRING,
  decodeJsonString,
  joinJsonStrings,
  jsonArray,
  scanJson,
  stringToJson,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ReplyContext, StreamEncoder } from '../protocol.ts'
import type { OwnReplyFields } from './reply-parts.ts'
import { annotationList, writeAnnotation } from './annotations.ts'
import { encodeStreamError } from './errors.ts'
import { ownFields } from './ext.ts'
import { writeFinish } from './finish.ts'
import {
  NO_EQUIVALENT,
  loseDetails,
  loseReplyExt,
  ownReplyFields,
  reasoningDetail,
  reasoningField,
  refusalText,
  replyImage,
  sessionField,
  wantsLegacyCalls,
} from './reply-parts.ts'
import { writeUsage } from './usage.ts'
import { DONE, isOtherCall } from './wire.ts'

/** A comment: every client skips it. */
export const PING = ': ping\n\n'

export function streamEncoder(context: ReplyContext): StreamEncoder {
  return new ChatStreamEncoder(context)
}

/** What is open, and what its end will need. */
type OpenPart =
  | {
      readonly kind: 'text'
      readonly field: 'content' | 'refusal'
      readonly start: number
      readonly citations: JsonText[]
    }
  | { readonly kind: 'reasoning'; readonly field: string; readonly pieces: JsonText[]; seal: Seal | null }
  | { readonly kind: 'tool-call'; readonly position: number; hasInput: boolean }
  | { readonly kind: 'hidden' }

/**
 * Chunks for a Chat client. The rules its SDKs insist on: `role` once; every chunk with `choices`; tool calls counted from 0
 * without gaps, whatever hidden parts lie between them; id, type and name of a call only in its first fragment.
 */
class ChatStreamEncoder implements StreamEncoder {
  readonly #context: ReplyContext
  readonly #legacy: boolean
  /** From `data: {` up to the choices; the same in every chunk. */
  #head = ''
  /** Clients that asked for usage see `usage: null` until the last chunk brings it. */
  readonly #tail: string
  #open: OpenPart = { kind: 'hidden' }
  #calls = 0
  #reasonings = 0
  /** UTF-16 code units of content so far. */
  #length = 0
  readonly #details: JsonText[] = []
  readonly #annotations: JsonText[] = []
  #saidRefusal = false
  #saidAnything = false
  #usage: Usage | null = null
  /** What a whole answer, told as a stream, said beside the words. */
  #beside: OwnReplyFields | null = null

  constructor(context: ReplyContext) {
    this.#context = context
    this.#legacy = wantsLegacyCalls(context)
    this.#tail = context.includeUsage ? ',"usage":null}\n\n' : '}\n\n'
    this.#setHead('')
  }

  encode(event: Event): string {
    switch (event.type) {
      case 'start':
        return this.#start(event)
      case 'part-start':
        return this.#partStart(event.part)
      case 'text-delta':
        return this.#text(event.text)
      case 'input-delta':
        return this.#input(event.json)
      case 'seal-delta':
        if (this.#open.kind === 'reasoning') this.#open.seal = event.seal
        return ''
      case 'citation-delta':
        if (this.#open.kind === 'text') this.#open.citations.push(event.citation)
        return ''
      case 'opaque-delta':
        if (this.#open.kind !== 'hidden') this.#context.losses.drop('content.delta', NO_EQUIVALENT)
        return ''
      case 'part-end':
        return this.#partEnd()
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'finish':
        return this.#finish(event)
      case 'error':
        return encodeStreamError(event.error)
      case 'opaque':
        return this.#opaque(event)
      default:
        return event satisfies never
    }
  }

  #setHead(more: string): void {
    const { id, created, model, sessionId } = this.#context
    const name = stringToJson(model)
    this.#head = `data: {"id":"chatcmpl-${id}","object":"chat.completion.chunk","created":${created},"model":${name}${sessionField(sessionId)}${more}`
  }

  #delta(delta: string): string {
    return `${this.#head},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":null}]${this.#tail}`
  }

  #start(event: StartEvent): string {
    this.#usage = event.usage
    loseReplyExt(event.ext, '', this.#context.losses)
    this.#beside = ownReplyFields(event.ext)
    this.#annotations.push(...this.#beside.annotations)
    this.#setHead(this.#beside.root)
    return this.#delta('{"role":"assistant"}')
  }

  #partStart(part: PartHead): string {
    this.#saidAnything = true
    if (part.kind !== 'opaque') loseReplyExt(part.ext, 'content', this.#context.losses)
    switch (part.kind) {
      case 'text':
        this.#saidRefusal ||= part.refusal
        this.#open = { kind: 'text', field: part.refusal ? 'refusal' : 'content', start: this.#length, citations: [] }
        return ''
      case 'reasoning':
        this.#open = { kind: 'reasoning', field: reasoningField(part.ext), pieces: [], seal: null }
        return ''
      case 'tool-call':
        return this.#call(part)
      case 'media':
        return this.#media(part)
      case 'opaque':
        return this.#opaquePart(part)
      default:
        return part satisfies never
    }
  }

  #text(text: JsonText): string {
    const open = this.#open
    if (text === EMPTY_JSON_STRING || (open.kind !== 'text' && open.kind !== 'reasoning')) return ''
    if (open.kind === 'reasoning') open.pieces.push(text)
    else if (open.field === 'content') this.#length += decodeJsonString(text).length
    return this.#delta(`{"${open.field}":${text}}`)
  }

  #call(part: PartHead & { readonly kind: 'tool-call' }): string {
    const position = this.#calls++
    this.#open = { kind: 'tool-call', position, hasInput: false }
    if (this.#legacy && position > 0) {
      this.#open = { kind: 'hidden' }
      this.#context.losses.drop('tool_calls', 'functions allow one call')
      return ''
    }
    let [more, inner] = ['', '']
    for (const [name, value] of ownFields(part.ext) ?? []) {
      if (name.startsWith('function.')) inner += `,${stringToJson(name.slice('function.'.length))}:${value}`
      else more += `,${stringToJson(name)}:${value}`
    }
    const fn = `{"name":${stringToJson(part.name)},"arguments":""${inner}}`
    if (this.#legacy) return this.#delta(`{"function_call":${fn}}`)
    const id = stringToJson(part.id)
    return this.#delta(`{"tool_calls":[{"index":${position},"id":${id},"type":"function","function":${fn}${more}}]}`)
  }

  #input(json: JsonText): string {
    const open = this.#open
    if (open.kind !== 'tool-call' || json === EMPTY_JSON_STRING) return ''
    open.hasInput = true
    return this.#arguments(open.position, json)
  }

  #arguments(position: number, json: JsonText): string {
    if (this.#legacy) return this.#delta(`{"function_call":{"arguments":${json}}}`)
    return this.#delta(`{"tool_calls":[{"index":${position},"function":{"arguments":${json}}}]}`)
  }

  #media(part: MediaPart): string {
    this.#open = { kind: 'hidden' }
    const image = replyImage(part)
    if (image !== null) return this.#delta(`{"images":[${image}]}`)
    this.#context.losses.drop(`content.${part.media}`, NO_EQUIVALENT)
    return ''
  }

  /** Blocks of a vendor's own tools stay hidden: the client could not answer them. */
  #opaquePart(part: OpaquePart): string {
    this.#open = { kind: 'hidden' }
    if (isOtherCall(part)) {
      const members = scanJson(part.raw).members.map(({ name, value }) => `,${stringToJson(name)}:${value.raw}`)
      return this.#delta(`{"tool_calls":[{"index":${this.#calls++}${members.join('')}}]}`)
    }
    this.#context.losses.drop(`content.${part.type}`, NO_EQUIVALENT)
    return ''
  }

  #partEnd(): string {
    const open = this.#open
    this.#open = { kind: 'hidden' }
    if (open.kind === 'reasoning') this.#reasoningEnd(open.pieces, open.seal)
    if (open.kind === 'text') this.#textEnd(open.start, open.citations)
    // Arguments that never came are an empty object; clients parse what they were sent.
    if (open.kind === 'tool-call' && !open.hasInput) return this.#arguments(open.position, stringToJson('{}'))
    return ''
  }

  #reasoningEnd(pieces: readonly JsonText[], seal: Seal | null): void {
    const detail = reasoningDetail(seal, joinJsonStrings(pieces), this.#reasonings++, this.#context)
    if (detail !== null) this.#details.push(detail)
  }

  #textEnd(start: number, citations: readonly JsonText[]): void {
    for (const citation of citations) {
      const annotation = writeAnnotation(citation, { start, end: this.#length })
      if (annotation === null) this.#context.losses.drop('content.citations', 'a citation without an address')
      else this.#annotations.push(annotation)
    }
  }

  /**
   * Lists go out once, whole: OpenAI's SDK for TypeScript keeps only the last one it saw, and the one for Python fails on a
   * second list whose items have no index.
   */
  #lists(): string {
    const annotations = annotationList(this.#annotations)
    return (
      (this.#details.length === 0 ? '' : this.#delta(`{"reasoning_details":${jsonArray(this.#details)}}`)) +
      (annotations === null ? '' : this.#delta(`{"annotations":${annotations}}`))
    )
  }

  #opaque(event: OpaqueEvent): string {
    if (event.protocol === 'openai-chat') return `${this.#head},"choices":${jsonArray([event.raw])}${this.#tail}`
    this.#context.losses.drop(event.name, NO_EQUIVALENT)
    return ''
  }

  #finish(event: FinishEvent): string {
    const refusal = refusalText(event.finish, { refusal: this.#saidRefusal, anything: this.#saidAnything })
    const own = ownReplyFields(event.ext)
    const beside = this.#beside ?? own
    loseReplyExt(event.ext, '', this.#context.losses)
    loseDetails(event.finish, this.#context.losses)
    const word = writeFinish(event.finish, this.#calls > 0)
    const reason = this.#legacy && word === 'tool_calls' ? 'function_call' : word
    return (
      this.#lists() +
      (beside.message === '' ? '' : this.#delta(`{${beside.message.slice(1)}}`)) +
      (refusal === null ? '' : this.#delta(`{"refusal":${refusal}}`)) +
      `${this.#head}${own.root},"choices":[{"index":0,"delta":{},"logprobs":${beside.logprobs ?? 'null'},"finish_reason":"${reason}"${beside.choice}${own.choice}}]` +
      this.#tail +
      (this.#context.includeUsage
        ? `${this.#head},"choices":[],"usage":${writeUsage(this.#usage ?? NO_USAGE)}}\n\n`
        : '') +
      `data: ${DONE}\n\n`
    )
  }
}
