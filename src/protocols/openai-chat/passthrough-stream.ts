import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { ByteRuns } from '../../lib/byte-runs.ts'
import { FrameMemory } from '../../lib/frame-memory.ts'
import { findMember, isString } from '../../lib/json-member.ts'
import type { Span } from '../../lib/json-member.ts'
import { isJsonObject } from '../../lib/json-bytes.ts'
import { scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { dataStart } from '../../lib/sse-data.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import type { Grace, PassthroughContext, ReplyStream, StreamOutcome } from '../protocol.ts'
import { bringsContent } from './brings-content.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { readFinish } from './finish.ts'
import { findUsage, readUsage } from './usage.ts'
import { DONE, GRACE_BEHIND_FINISH } from './wire.ts'

const EMPTY = Buffer.alloc(0)
const DONE_FRAME = Buffer.from(`data: ${DONE}\n\n`)
const MODEL = Buffer.from('"model"')
const QUOTE = 34
const LOWER_N = 110

/**
 * What a chunk that is worth parsing holds: a value other than null in one of these members, at any depth. Quotes inside of
 * strings are escaped, so that text which quotes JSON does not match.
 */
const TELLING = /"(?:usage|finish_reason|error)"\s*:\s*[^n\s]/

/**
 * A vendor's chunks on their way to a client of the same protocol: bytes in, the same bytes out, whole events only. A chunk
 * is parsed only where its bytes say that it may hold usage, a finish reason or an error, and before the first content.
 */
export class ChatPassthrough implements ReplyStream {
  readonly #context: PassthroughContext
  readonly #framer: SseFramer
  readonly #out = new ByteRuns()
  /** The literal of the client's name of the model, which every chunk says. */
  readonly #model: Buffer
  /** Of chunks that tell nothing, and where the model stands in them that is to be replaced. */
  readonly #memory = new FrameMemory()
  #span: Span | null = null
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #hasContent = false
  #finishReason: string | null = null

  constructor(context: PassthroughContext) {
    this.#context = context
    this.#framer = new SseFramer(context.maxEventBytes)
    this.#model = Buffer.from(stringToJson(context.requestedModel))
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

  get hasContent(): boolean {
    return this.#hasContent
  }

  get grace(): Grace {
    return this.#finishReason === null ? null : GRACE_BEHIND_FINISH
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
    if (this.#memory.fits(frame.bytes)) return this.#put(frame.bytes, this.#span)
    const data = frame.data.trim()
    if (data === '') return this.#out.add(frame.bytes)
    if (data === DONE) return this.#done(frame.bytes)
    const start = dataStart(frame.bytes)
    const isPlain = start !== -1 && isJsonObject(frame.bytes, start)
    // Garbage never reaches a client, not even where it would tell the gateway nothing. Data may stand on several lines.
    if (!isPlain && scanJson(data).kind !== 'object') {
      throw new GatewayError('upstream_invalid_response', 'The upstream sent a chunk that is no object.')
    }
    const isTelling = !this.#hasContent || frame.event === 'error' || TELLING.test(data)
    if (isTelling && !this.#read(scanJson(data), frame)) return
    if (isPlain) this.#forward(frame.bytes, start, isTelling)
    else this.#out.add(withModel(frame, data, this.#context.requestedModel))
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
    this.#hasContent ||= bringsContent(choice.get('delta'))
    const reason = choice.get('finish_reason')?.string
    if (reason === undefined || reason === '') return
    this.#finishReason = reason
    const finish = finishOf(reason, false)
    if (finish instanceof GatewayError) throw finish
  }

  /** Passes a chunk on whose data begins at `start`: its bytes, but for another name of the model. */
  #forward(bytes: Buffer, start: number, isTelling: boolean): void {
    const found = findMember(bytes, start, bytes.length, MODEL)
    const span = found !== null && this.#isOther(bytes, found) ? found : null
    if (!isTelling && this.#memory.learn(bytes)) {
      this.#span = span
      // Behind the words that change, it would stand elsewhere in each chunk.
      if (found !== null && found.end > this.#memory.head) this.#memory.forget()
    }
    this.#put(bytes, span)
  }

  #put(bytes: Buffer, span: Span | null): void {
    if (span === null) return this.#out.add(bytes)
    this.#out.add(bytes.subarray(0, span.start))
    this.#out.add(this.#model)
    this.#out.add(bytes.subarray(span.end))
  }

  /** It is a name, or the null of a host that has none, and not the client's. */
  #isOther(bytes: Buffer, found: Span): boolean {
    const isName = bytes[found.start] === QUOTE || bytes[found.start] === LOWER_N
    return isName && !isString(bytes, found, this.#context.requestedModel, this.#model)
  }

  #done(bytes: Buffer): void {
    // An end without a beginning is no answer.
    this.#complete(this.#hasContent)
    if (this.#outcome?.status === 'complete') this.#out.add(bytes)
  }

  /** `complete`: there was an end other than a finish reason. */
  #complete(complete: boolean): void {
    const finish = finishOf(this.#finishReason, complete)
    this.#outcome =
      finish instanceof GatewayError ? { status: 'failed', error: finish } : { status: 'complete', finish }
  }
}

function finishOf(reason: string | null, complete: boolean): ReturnType<typeof readFinish> {
  const toolCalls = reason === 'tool_calls' || reason === 'function_call'
  return readFinish(reason, { toolCalls, refused: false, stopSequence: null, complete })
}

/** A chunk whose data stands on several lines, with the client's name of the model: then on one. */
function withModel({ bytes, event }: SseFrame, data: string, name: string): Buffer {
  const model = scanJson(data).get('model')
  if (model === undefined || model.string === name) return bytes
  const edited = `${data.slice(0, model.start)}${stringToJson(name)}${data.slice(model.end)}`
  return Buffer.from(`${event === '' ? '' : `event: ${event}\n`}data: ${edited.replaceAll(/[\r\n]+/g, ' ')}\n\n`)
}
