import type { OpaquePart, Seal } from '../../canonical/content.ts'
import type { Event, FinishEvent, OpaqueEvent, PartHead, PartStartEvent, StartEvent } from '../../canonical/event.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { Usage } from '../../canonical/usage.ts'
import { replaceLoneSurrogates, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ReplyContext, StreamEncoder } from '../protocol.ts'
import { clientToolId, sealValue } from './answer-target.ts'
import { encodeStreamError } from './errors.ts'
import { hintOf, isOwn } from './ext-collector.ts'
import { encodeFinish } from './finish.ts'
import { NodeWriter } from './node-writer.ts'
import { reportForeign } from './report-foreign.ts'
import { encodeUsage } from './usage.ts'
import { literal, numberLiteral, PROTOCOL } from './wire.ts'

const EVENT_NAME = /^[\w.-]+$/

/** The part that is open now, as the client sees it. */
type OpenBlock =
  | { readonly kind: 'none' | 'skipped' }
  /** Announced to us, but not yet to the client: what it is shows only with its first delta, or its end. */
  | { readonly kind: 'held'; readonly head: PartHead & { readonly kind: 'text' | 'reasoning' } }
  | { readonly kind: 'text' | 'reasoning' | 'tool-call' | 'opaque' }

const NONE: OpenBlock = { kind: 'none' }
const SKIPPED: OpenBlock = { kind: 'skipped' }

/** Writes an answer's event stream. Per token it joins strings and nothing else: literals go out as they came. */
export class MessagesStreamEncoder implements StreamEncoder {
  readonly #context: ReplyContext
  #own = false
  #usage: Usage | null = null
  #open: OpenBlock = NONE
  /** Of the block that is open, or next: parts that cannot be shown leave no gap. */
  #index = 0
  /** Of the open part. */
  #ordinal = 0
  #seal: Seal | null = null
  #calledTool = false

  constructor(context: ReplyContext) {
    this.#context = context
  }

  encode(event: Event): string {
    switch (event.type) {
      case 'text-delta':
        return this.#text(event.text)
      case 'input-delta':
        return this.#delta(`{"type":"input_json_delta","partial_json":${event.json}}`)
      case 'part-start':
        return this.#partStart(event)
      case 'part-end':
        return this.#partEnd()
      case 'seal-delta':
        this.#seal = event.seal
        return ''
      case 'citation-delta':
        return (
          this.#begin() + this.#delta(`{"type":"citations_delta","citation":${replaceLoneSurrogates(event.citation)}}`)
        )
      case 'opaque-delta':
        return event.protocol === PROTOCOL
          ? this.#begin() + this.#delta(replaceLoneSurrogates(event.raw))
          : this.#lost('content.delta')
      case 'start':
        return this.#start(event)
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'finish':
        return this.#finish(event)
      case 'error':
        return encodeStreamError(event.error, { requestId: this.#context.id })
      case 'opaque':
        return this.#opaqueEvent(event)
      default:
        return event satisfies never
    }
  }

  #start({ ext, usage }: StartEvent): string {
    this.#own = isOwn(ext)
    this.#usage = usage
    reportForeign(ext, '', this.#context.losses)
    const message = new NodeWriter(ext)
      .add('id', stringToJson(`msg_${this.#context.id}`))
      .add('type', literal('"message"'))
      .add('role', literal('"assistant"'))
      .add('model', stringToJson(this.#context.model))
      .add('content', literal('[]'))
      .add('stop_reason', literal('null'))
      .add('stop_sequence', literal('null'))
      .add('usage', usage === null ? this.#estimate() : encodeUsage(usage, this.#own))
      .finish()
    return frame('message_start', `{"type":"message_start","message":${message}}`)
  }

  /** SDKs fail without a usage object, and show its input tokens at once. */
  #estimate(): JsonText {
    const input = numberLiteral(this.#context.estimatedInputTokens)
    return literal(
      `{"input_tokens":${input},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}`,
    )
  }

  #partStart({ index, part }: PartStartEvent): string {
    this.#ordinal = index
    this.#seal = null
    if (part.kind !== 'opaque') reportForeign(part.ext, 'content.', this.#context.losses)
    switch (part.kind) {
      case 'text':
        // Other protocols open texts in which nothing follows; Anthropic's own empty blocks are part of the answer.
        if (this.#own) return this.#blockStart('text', emptyText(part.ext))
        this.#open = { kind: 'held', head: part }
        return ''
      case 'reasoning':
        this.#open = { kind: 'held', head: part }
        return ''
      case 'tool-call':
        this.#calledTool = true
        return this.#blockStart('tool-call', toolUse(part.id, part.name, part.ext))
      case 'opaque':
        return this.#opaqueStart(part)
      case 'media':
        this.#open = SKIPPED
        return this.#lost(`content.${part.media}`)
      default:
        return part satisfies never
    }
  }

  #opaqueStart(part: OpaquePart): string {
    if (part.protocol === PROTOCOL) return this.#blockStart('opaque', part.raw)
    this.#open = SKIPPED
    return this.#lost(`content.${part.type}`)
  }

  #blockStart(kind: 'text' | 'reasoning' | 'tool-call' | 'opaque', block: JsonText): string {
    this.#open = { kind }
    return frame(
      'content_block_start',
      `{"type":"content_block_start","index":${this.#index},"content_block":${block}}`,
    )
  }

  /** Announces the block that was held back, if one was. */
  #begin(): string {
    const open = this.#open
    if (open.kind !== 'held') return ''
    const { kind, ext } = open.head
    return this.#blockStart(kind, kind === 'text' ? emptyText(ext) : emptyThinking(ext))
  }

  #text(text: JsonText): string {
    const begin = this.#begin()
    const delta =
      this.#open.kind === 'reasoning'
        ? `{"type":"thinking_delta","thinking":${text}}`
        : `{"type":"text_delta","text":${text}}`
    return begin + this.#delta(delta)
  }

  #delta(delta: string): string {
    if (this.#open.kind === 'skipped') return ''
    return frame('content_block_delta', `{"type":"content_block_delta","index":${this.#index},"delta":${delta}}`)
  }

  #partEnd(): string {
    const open = this.#open
    const bytes = open.kind === 'held' ? this.#endHeld(open.head) : this.#endShown()
    this.#open = NONE
    return bytes
  }

  /** Nothing came but perhaps a seal. */
  #endHeld({ kind, ext }: PartHead & { readonly kind: 'text' | 'reasoning' }): string {
    if (this.#seal === null && !this.#own) return ''
    if (kind === 'text' || this.#seal?.kind !== 'redacted') return this.#begin() + this.#endShown()
    const block = new NodeWriter(ext)
      .add('type', literal('"redacted_thinking"'))
      .add('data', stringToJson(sealValue(this.#seal, this.#ordinal, this.#context)))
      .finish()
    return this.#blockStart('opaque', block) + this.#endShown()
  }

  #endShown(): string {
    if (this.#open.kind === 'skipped') return ''
    const signature =
      this.#open.kind === 'reasoning'
        ? this.#delta(
            `{"type":"signature_delta","signature":${stringToJson(sealValue(this.#seal, this.#ordinal, this.#context))}}`,
          )
        : ''
    const stop = frame('content_block_stop', `{"type":"content_block_stop","index":${this.#index}}`)
    this.#index++
    return signature + stop
  }

  #finish({ finish, ext }: FinishEvent): string {
    reportForeign(ext, '', this.#context.losses)
    const { stopReason, stopSequence, stopDetails } = encodeFinish(finish, this.#own, this.#calledTool)
    const delta = new NodeWriter(only(ext, (name) => !isBesideDelta(ext, name)))
      .add('stop_reason', stopReason)
      .add('stop_sequence', stopSequence)
      .add('stop_details', stopDetails)
      .finish()
    const usage = this.#usage === null ? this.#estimate() : encodeUsage(this.#usage, this.#own)
    const event = new NodeWriter(only(ext, (name) => isBesideDelta(ext, name)))
      .add('type', literal('"message_delta"'))
      .add('delta', delta)
      .add('usage', usage)
      .finish()
    return frame('message_delta', event) + frame('message_stop', '{"type":"message_stop"}')
  }

  #opaqueEvent({ protocol, name, raw }: OpaqueEvent): string {
    if (protocol === PROTOCOL && EVENT_NAME.test(name)) return frame(name, raw)
    return this.#lost(`event.${name}`)
  }

  #lost(field: string): '' {
    this.#context.losses.drop(field, 'no equivalent in Anthropic Messages')
    return ''
  }
}

/** One wire event. Only literals that a vendor formatted itself can hold line breaks; between tokens, never in strings. */
function frame(name: string, data: string): string {
  const line = data.includes('\n') || data.includes('\r') ? data.replaceAll(/[\r\n]+/g, ' ') : data
  return `event: ${name}\ndata: ${line}\n\n`
}

function emptyText(ext: Ext | null): JsonText {
  return new NodeWriter(ext).add('type', literal('"text"')).add('text', literal('""')).finish()
}

function emptyThinking(ext: Ext | null): JsonText {
  return new NodeWriter(ext)
    .add('type', literal('"thinking"'))
    .add('thinking', literal('""'))
    .add('signature', literal('""'))
    .finish()
}

function toolUse(id: string, name: string, ext: Ext | null): JsonText {
  return new NodeWriter(ext)
    .add('type', literal('"tool_use"'))
    .add('id', stringToJson(clientToolId(id)))
    .add('name', stringToJson(name))
    .add('input', literal('{}'))
    .finish()
}

function isBesideDelta(ext: Ext | null, name: string): boolean {
  return (hintOf(ext, 'message_delta') ?? '[]').includes(stringToJson(name))
}

function only(ext: Ext | null, wanted: (name: string) => boolean): Ext | null {
  return ext === null ? null : { ...ext, fields: new Map([...ext.fields].filter(([name]) => wanted(name))) }
}
