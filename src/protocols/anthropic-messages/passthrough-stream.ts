import type { Usage } from '../../canonical/usage.ts'
import { ByteRuns } from '../../lib/byte-runs.ts'
import { GatewayError, toGatewayError } from '../../lib/error.ts'
import { FrameMemory } from '../../lib/frame-memory.ts'
import { findMember } from '../../lib/json-member.ts'
import type { Span } from '../../lib/json-member.ts'
import { isJsonObject } from '../../lib/json-bytes.ts'
import { scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { dataStart } from '../../lib/sse-data.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import type { Grace, PassthroughContext, ReplyStream, StreamOutcome } from '../protocol.ts'
import { decodeStreamError } from './errors.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'
import { GRACE, readingAnswer } from './wire.ts'

const EMPTY = Buffer.alloc(0)
const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const NOT_CALLED = { client: false, output: false }

const MESSAGE = Buffer.from('"message"')
const MODEL = Buffer.from('"model"')

/** How frames begin in which there is nothing to learn: nearly all. They only have to be JSON. Others are parsed. */
const CONTENT = Buffer.from('event: content_block_')
const PING = Buffer.from('event: ping\n')

type Tap = (stream: MessagesPassthrough, root: JsonNode, frame: SseFrame) => void

/** The vendor's events on their way to a client of the same protocol: bytes in, the same bytes out, whole events only. */
export class MessagesPassthrough implements ReplyStream {
  readonly #context: PassthroughContext
  readonly #framer: SseFramer
  readonly #out = new ByteRuns()
  /** Of content events. */
  readonly #memory = new FrameMemory()
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #started = false
  /** The id in `message_start`; null before it. */
  #id: string | null = null
  #stopReason: string | null = null
  #stopSequence: string | null = null
  #stopDetails: JsonText | null = null

  constructor(context: PassthroughContext) {
    this.#context = context
    this.#framer = new SseFramer(context.maxEventBytes)
  }

  feed(chunk: Buffer): Buffer {
    return this.#collect(() => this.#framer.feed(chunk, (frame) => this.#take(frame)))
  }

  end(): Buffer {
    return this.#collect(() => {
      this.#framer.end((frame) => this.#take(frame))
      if (this.#outcome !== null) return
      if (this.#stopReason === null) {
        throw new GatewayError('upstream_truncated', 'The upstream broke off its answer.')
      }
      // The answer is whole, but the SDKs' stream helpers fail without its last event.
      this.#out.add(Buffer.from(MESSAGE_STOP))
      this.#complete()
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
    return this.#stopReason === null ? null : GRACE
  }

  #collect(step: () => void): Buffer {
    if (this.#outcome !== null) return EMPTY
    try {
      step()
    } catch (thrown) {
      this.#outcome = { status: 'failed', error: toGatewayError(thrown) }
    }
    return this.#out.take()
  }

  #take(frame: SseFrame): void {
    if (this.#outcome !== null) return
    const { bytes } = frame
    if (this.#memory.fits(bytes)) {
      this.#out.add(bytes)
    } else if (startsWith(bytes, CONTENT)) {
      if (demandJson(frame)) this.#memory.learn(bytes)
      this.#started = true
      this.#out.add(bytes)
    } else if (startsWith(bytes, PING)) {
      demandJson(frame)
      this.#out.add(bytes)
    } else if (frame.data === '') {
      this.#out.add(bytes)
    } else if (frame.data !== '[DONE]') {
      readingAnswer(() => this.#tap(frame))
    }
  }

  #tap(frame: SseFrame): void {
    const root = scanJson(frame.data)
    const name = root.get('type')?.string ?? frame.event
    const tap = TAPS.get(name)
    if (tap !== undefined) {
      tap(this, root, frame)
      return
    }
    if (name.startsWith('content_block_')) this.#started = true
    this.forward(frame, name)
  }

  /** Clients ignore events without a name, so a host that leaves it out is helped. */
  forward(frame: SseFrame, name: string): void {
    if (frame.event === '') this.#out.add(Buffer.from(`event: ${name}\n`))
    this.#out.add(frame.bytes)
  }

  messageStart(root: JsonNode, frame: SseFrame): void {
    const message = root.get('message')
    if (message?.kind !== 'object') throw invalid('message_start without a message')
    const id = message.get('id')?.string ?? ''
    if (this.#id !== null) {
      if (id !== this.#id) throw invalid('a second message in one stream')
      return
    }
    this.#id = id
    this.#readUsage(message.get('usage'))
    const { requestedModel } = this.#context
    const model = message.get('model')
    const isName = model?.kind === 'string' || model?.kind === 'null'
    if (!isName || model.string === requestedModel) return this.forward(frame, 'message_start')
    const span = modelSpan(frame.bytes)
    if (span === null) {
      this.#out.add(Buffer.from(`event: message_start\ndata: ${withModel(root, model, requestedModel)}\n\n`))
      return
    }
    if (frame.event === '') this.#out.add(Buffer.from('event: message_start\n'))
    this.#out.add(frame.bytes.subarray(0, span.start))
    this.#out.add(Buffer.from(stringToJson(requestedModel)))
    this.#out.add(frame.bytes.subarray(span.end))
  }

  messageDelta(root: JsonNode, frame: SseFrame): void {
    this.#started = true
    this.#readUsage(root.get('usage'))
    const delta = root.get('delta')
    if (delta?.kind === 'object') {
      this.#stopReason = delta.get('stop_reason')?.string ?? this.#stopReason
      this.#stopSequence = delta.get('stop_sequence')?.string ?? this.#stopSequence
      const details = delta.get('stop_details')
      if (details !== undefined && !details.isNull) this.#stopDetails = details.raw
    }
    this.forward(frame, 'message_delta')
  }

  messageStop(frame: SseFrame): void {
    this.forward(frame, 'message_stop')
    this.#complete()
  }

  #readUsage(usage: JsonNode | undefined): void {
    if (usage?.kind === 'object') this.#usage = decodeUsage(usage, this.#usage)
  }

  #complete(): void {
    const finish = decodeFinish(this.#stopReason, this.#stopSequence, this.#stopDetails, NOT_CALLED)
    this.#outcome = { status: 'complete', finish }
  }
}

const TAPS: ReadonlyMap<string, Tap> = new Map<string, Tap>([
  ['message_start', (stream, root, frame) => stream.messageStart(root, frame)],
  ['message_delta', (stream, root, frame) => stream.messageDelta(root, frame)],
  ['message_stop', (stream, _root, frame) => stream.messageStop(frame)],
  [
    'error',
    (_stream, root) => {
      throw decodeStreamError(root.raw)
    },
  ],
])

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0
}

/**
 * Garbage never reaches a client, not even where it would tell the gateway nothing. False where the data, JSON all the same,
 * is not one line.
 */
function demandJson(frame: SseFrame): boolean {
  const start = dataStart(frame.bytes)
  if (start !== -1 && isJsonObject(frame.bytes, start)) return true
  const isObject = frame.data === '' || readingAnswer(() => scanJson(frame.data)).kind === 'object'
  if (!isObject) throw invalid('an event that is no object')
  return false
}

/** Where the model stands in a `message_start` whose data is one line; null for any other. */
function modelSpan(bytes: Buffer): Span | null {
  const start = dataStart(bytes)
  if (start === -1 || !isJsonObject(bytes, start)) return null
  const message = findMember(bytes, start, bytes.length, MESSAGE)
  return message === null ? null : findMember(bytes, message.start, bytes.length, MODEL)
}

/** The event's data with the client's name of the model, on one line. */
function withModel(root: JsonNode, model: JsonNode, name: string): string {
  const { raw } = root
  const edited = `${raw.slice(0, model.start - root.start)}${stringToJson(name)}${raw.slice(model.end - root.start)}`
  return edited.replaceAll(/[\r\n]+/g, ' ')
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The upstream sent ${what}.`)
}
