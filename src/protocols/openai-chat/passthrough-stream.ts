import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { ByteRuns } from '../../lib/byte-runs.ts'
import { scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import type { Grace, PassthroughContext, ReplyStream, StreamOutcome } from '../protocol.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { findMember } from './find-member.ts'
import { readFinish } from './finish.ts'
import { findUsage, readUsage } from './usage.ts'
import { DONE, GRACE_BEHIND_FINISH } from './wire.ts'

const EMPTY = Buffer.alloc(0)
const DONE_FRAME = Buffer.from(`data: ${DONE}\n\n`)
const DATA = Buffer.from('data:')
const MODEL = Buffer.from('"model"')

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
    const data = frame.data.trim()
    if (data === '') return this.#out.add(frame.bytes)
    if (data === DONE) return this.#done(frame.bytes)
    // What is not parsed is known by its ends.
    if (!data.startsWith('{') || !data.endsWith('}')) {
      throw new GatewayError('upstream_invalid_response', 'The upstream sent a chunk that is no object.')
    }
    const isTelling = !this.#started || frame.event === 'error' || TELLING.test(data)
    if (!isTelling || this.#read(scanJson(data), frame)) this.#forward(frame.bytes, data)
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

  #forward(bytes: Buffer, data: string): void {
    if (this.#model === null) return this.#out.add(bytes)
    const start = dataStart(bytes)
    if (start === -1) return this.#out.add(Buffer.from(`data: ${withModel(data, this.#model.toString('utf8'))}\n\n`))
    const found = findMember(bytes, start, bytes.length, MODEL)
    if (found === null) return this.#out.add(bytes)
    this.#out.add(bytes.subarray(0, found.start))
    this.#out.add(this.#model)
    this.#out.add(bytes.subarray(found.end))
  }

  #done(bytes: Buffer): void {
    // An end without a beginning is no answer.
    this.#complete(this.#started)
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

/** Content, and not only the role or an empty string. */
function hasContent(delta: JsonNode | undefined): boolean {
  return (delta?.members ?? []).some(
    ({ name, value }) => name !== 'role' && !value.isNull && value.raw !== '""' && value.raw !== '[]',
  )
}

/** Where the data begins of a frame that is one `data:` line; -1 for any other. */
function dataStart(bytes: Buffer): number {
  let start = 0
  while (bytes[start] === 10 || bytes[start] === 13) start++
  const isData = bytes.compare(DATA, 0, DATA.length, start, Math.min(start + DATA.length, bytes.length)) === 0
  const end = bytes.indexOf(10, start)
  for (let at = end; at < bytes.length; at++) if (bytes[at] !== 10 && bytes[at] !== 13) return -1
  return isData ? start + DATA.length : -1
}

/** Data that stood on several lines, on one. */
function withModel(data: string, name: string): string {
  const root = scanJson(data)
  const model = root.get('model')
  const edited = model === undefined ? data : `${data.slice(0, model.start)}${name}${data.slice(model.end)}`
  return edited.replaceAll(/[\r\n]+/g, ' ')
}
