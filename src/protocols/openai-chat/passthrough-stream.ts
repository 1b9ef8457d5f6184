import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { ByteRuns } from '../../lib/byte-runs.ts'
import { scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import type { PassthroughContext, ReplyStream, StreamOutcome } from '../protocol.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { readFinish } from './finish.ts'
import { findMember, hasValue } from './scan-bytes.ts'
import { findUsage, readUsage } from './usage.ts'
import { DONE } from './wire.ts'

const EMPTY = Buffer.alloc(0)
const DATA = Buffer.from('data:')
const DONE_DATA = Buffer.from(DONE)
const DONE_FRAME = Buffer.from(`data: ${DONE}\n\n`)
const USAGE = Buffer.from('"usage"')
const FINISH_REASON = Buffer.from('"finish_reason"')
const ERROR = Buffer.from('"error"')
const MODEL = Buffer.from('"model"')

/** Where the JSON of a frame lies in its bytes. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * A vendor's chunks on their way to a client of the same protocol: bytes in, the same bytes out, whole events only. A chunk
 * is parsed only where its bytes say that it may hold usage, a finish reason or an error, and before the first content.
 */
export class ChatPassthrough implements ReplyStream {
  readonly #context: PassthroughContext
  readonly #framer: SseFramer
  readonly #out = new ByteRuns()
  /** The literal of the model's name that replaces the vendor's; null where both call it the same. */
  readonly #model: Buffer | null
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #started = false
  #finishReason: string | null = null

  constructor(context: PassthroughContext) {
    this.#context = context
    this.#framer = new SseFramer(context.maxEventBytes)
    const { requestedModel, upstreamModel } = context
    this.#model = requestedModel === upstreamModel ? null : Buffer.from(stringToJson(requestedModel))
  }

  feed(chunk: Buffer): Buffer {
    return this.#collect(() => this.#framer.feed(chunk, (frame) => this.#take(frame)))
  }

  end(): Buffer {
    return this.#collect(() => {
      this.#framer.end((frame) => this.#take(frame))
      if (this.#outcome !== null) return
      // Some servers leave the last event out; clients wait for it.
      if (this.#finishReason !== null) this.#out.add(DONE_FRAME)
      this.#complete(false)
    })
  }

  get outcome(): StreamOutcome | null {
    return this.#outcome
  }

  get usage(): Usage | null {
    return this.#usage
  }

  get started(): boolean {
    return this.#started
  }

  #collect(step: () => void): Buffer {
    if (this.#outcome !== null) return EMPTY
    try {
      step()
    } catch (thrown) {
      this.#outcome = { status: 'failed', error: answerError(thrown) }
    }
    return this.#out.take()
  }

  #take(frame: SseFrame): void {
    if (this.#outcome !== null) return
    const span = dataSpan(frame.bytes)
    if (span === null) return this.#takeOther(frame)
    const data = frame.bytes.subarray(span.start, span.end)
    if (data.equals(DONE_DATA)) {
      this.#out.add(frame.bytes)
      return this.#complete(true)
    }
    if (!isObject(data))
      throw new GatewayError('upstream_invalid_response', 'The upstream sent a chunk that is no object.')
    if (!this.#mayTell(data) || this.#read(scanJson(data.toString('utf8')), frame)) this.#forward(frame.bytes, span)
  }

  /** Comments and empty events pass; fields beside `data`, and data on several lines, are read the long way. */
  #takeOther(frame: SseFrame): void {
    const data = frame.data.trim()
    if (data === DONE) {
      this.#out.add(frame.bytes)
      this.#complete(true)
    } else if (data === '') {
      this.#out.add(frame.bytes)
    } else {
      const root = scanJson(data)
      if (!this.#read(root, frame)) return
      const model = root.get('model')
      if (this.#model === null || model === undefined) this.#out.add(frame.bytes)
      else this.#out.add(Buffer.from(`data: ${withModel(data, model, this.#model.toString('utf8'))}\n\n`))
    }
  }

  #mayTell(data: Buffer): boolean {
    return !this.#started || hasValue(data, USAGE) || hasValue(data, FINISH_REASON) || hasValue(data, ERROR)
  }

  /** Learns from a chunk; false when the client is not to see it. */
  #read(root: JsonNode, frame: SseFrame): boolean {
    const error = root.get('error')
    if (frame.event === 'error' || (error !== undefined && !error.isNull)) throw errorInAnswer(root)
    const choices = root.get('choices')?.items ?? []
    for (const choice of choices) this.#readChoice(choice)
    const usage = findUsage(root)
    if (usage === null) return true
    this.#usage = readUsage(usage, false) ?? this.#usage
    return choices.length > 0 || this.#context.includeUsage
  }

  #readChoice(choice: JsonNode): void {
    const failure = choice.get('error')
    if (failure?.kind === 'object') throw errorInAnswer(failure)
    this.#started ||= hasContent(choice.get('delta'))
    const reason = choice.get('finish_reason')?.string
    if (reason === undefined || reason === '') return
    this.#started = true
    this.#finishReason = reason
    const finish = finishOf(reason, false)
    if (finish instanceof GatewayError) throw finish
  }

  #forward(bytes: Buffer, span: Span): void {
    const model = this.#model === null ? null : findMember(bytes, span.start, span.end, MODEL)
    if (model === null || this.#model === null) return this.#out.add(bytes)
    this.#out.add(bytes.subarray(0, model.start))
    this.#out.add(this.#model)
    this.#out.add(bytes.subarray(model.end))
  }

  /** `marked`: the vendor said that this is the end. */
  #complete(marked: boolean): void {
    const finish = finishOf(this.#finishReason, marked)
    this.#outcome =
      finish instanceof GatewayError ? { status: 'failed', error: finish } : { status: 'complete', finish }
  }
}

function finishOf(reason: string | null, complete: boolean): ReturnType<typeof readFinish> {
  const toolCalls = reason === 'tool_calls' || reason === 'function_call'
  return readFinish(reason, { toolCalls, refused: false, stopSequence: null, complete })
}

/** Content, and not only the role or an empty string. */
function hasContent(delta: JsonNode | undefined): boolean {
  return (delta?.members ?? []).some(
    ({ name, value }) => name !== 'role' && !value.isNull && value.raw !== '""' && value.raw !== '[]',
  )
}

/** The data of a frame that is one `data:` line, spaces around it left out; null for any other frame. */
function dataSpan(bytes: Buffer): Span | null {
  let start = 0
  while (bytes[start] === 10 || bytes[start] === 13) start++
  if (bytes.compare(DATA, 0, DATA.length, start, Math.min(start + DATA.length, bytes.length)) !== 0) return null
  let end = bytes.indexOf(10, start)
  for (let at = end; at < bytes.length; at++) if (bytes[at] !== 10 && bytes[at] !== 13) return null
  start += DATA.length
  while (isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return { start, end }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13
}

/** Braces at both ends: what a chunk that is not parsed is known by. */
function isObject(data: Buffer): boolean {
  return data[0] === 123 && data.at(-1) === 125
}

function withModel(data: string, model: JsonNode, name: string): string {
  return `${data.slice(0, model.start)}${name}${data.slice(model.end)}`.replaceAll(/[\r\n]+/g, ' ')
}
