import type { Usage } from '../../canonical/usage.ts'
import { ByteRuns } from '../../lib/byte-runs.ts'
import { GatewayError, toGatewayError } from '../../lib/error.ts'
import { FrameMemory } from '../../lib/frame-memory.ts'
import { isJsonObject } from '../../lib/json-bytes.ts'
import { scanJson, stringToJson, tryScanJsonBytes } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { dataStart } from '../../lib/sse-data.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { KnownEvents, SseFrame } from '../../lib/sse.ts'
import type { Grace, PassthroughContext, ReplyStream, StreamOutcome } from '../protocol.ts'
import { bringsContent, holdsContent } from './brings-content.ts'
import { decodeStreamError } from './errors.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'
import { eventName, GRACE, readingAnswer } from './wire.ts'

const EMPTY = Buffer.alloc(0)
const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const NOT_CALLED = { client: false, output: false }

/** How frames begin in which there is nothing to learn: nearly all. They only have to be JSON. Others are parsed. */
const CONTENT = Buffer.from('event: content_block_')
const DELTA = Buffer.from('event: content_block_delta\n')
const PING = Buffer.from('event: ping\n')
/** How the others begin, when they have names. */
const NAMED = Buffer.from('event: message_')

type Tap = (stream: MessagesPassthrough, root: JsonNode, frame: SseFrame, start: number | null) => void

/** The vendor's events on their way to a client of the same protocol: bytes in, the same bytes out, whole events only. */
export class MessagesPassthrough implements ReplyStream {
  readonly #context: PassthroughContext
  readonly #framer: SseFramer
  readonly #out = new ByteRuns()
  /** Of content events. */
  readonly #memory = new FrameMemory()
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #hasContent = false
  /** The id in `message_start`; null before it. */
  #id: string | null = null
  #stopReason: string | null = null
  #stopSequence: string | null = null
  #stopDetails: JsonText | null = null

  readonly #onFrame = (frame: SseFrame): void => this.#take(frame)
  /** Content events like those before. */
  readonly #known: KnownEvents = {
    endOf: (buffer, start) => (this.#outcome === null ? this.#memory.endOf(buffer, start) : -1),
    take: (buffer, start, end) => this.#out.addPart(buffer, start, end),
  }

  constructor(context: PassthroughContext) {
    this.#context = context
    this.#framer = new SseFramer(context.maxEventBytes)
  }

  feed(chunk: Buffer): Buffer {
    return this.#collect(() => this.#framer.feed(chunk, this.#onFrame, this.#known))
  }

  end(): Buffer {
    return this.#collect(() => {
      this.#framer.end(this.#onFrame)
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

  get hasContent(): boolean {
    return this.#hasContent
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
    if (startsWith(bytes, CONTENT)) {
      const start = demandJson(frame)
      this.#hasContent ||= start === -1 ? bringsContent(Buffer.from(frame.data), 0) : bringsContent(bytes, start)
      // Before the first content, an event like one that brought none may bring it.
      if (start !== -1 && this.#hasContent && startsWith(bytes, DELTA)) this.#memory.learn(bytes)
      this.#out.add(bytes)
    } else if (startsWith(bytes, PING)) {
      demandJson(frame)
      this.#out.add(bytes)
    } else {
      this.#read(frame)
    }
  }

  /** An event from which there may be something to learn, or none at all. */
  #read(frame: SseFrame): void {
    const start = dataStart(frame.bytes)
    const root = start === -1 ? null : tryScanJsonBytes(frame.bytes.subarray(start))
    if (root !== null) readingAnswer(() => this.#tap(root, frame, start))
    else if (frame.data === '') this.#out.add(frame.bytes)
    else if (frame.data !== '[DONE]') readingAnswer(() => this.#tap(scanJson(frame.data), frame, null))
  }

  #tap(root: JsonNode, frame: SseFrame, start: number | null): void {
    const name = eventName(root, frame)
    const tap = TAPS.get(name)
    if (tap !== undefined) {
      tap(this, root, frame, start)
      return
    }
    if (name.startsWith('content_block_')) this.#hasContent ||= bringsContent(Buffer.from(root.raw), 0)
    this.forward(frame, name)
  }

  forward(frame: SseFrame, name: string): void {
    this.#addName(frame, name)
    this.#out.add(frame.bytes)
  }

  /** Clients ignore events without a name, so a host that leaves it out is helped. */
  #addName(frame: SseFrame, name: string): void {
    if (!startsWith(frame.bytes, NAMED) && frame.event === '') this.#out.add(Buffer.from(`event: ${name}\n`))
  }

  /** `start`: where in the frame the scanned data begins; null where it is not one piece of it. */
  messageStart(root: JsonNode, frame: SseFrame, start: number | null): void {
    const message = root.get('message')
    if (message?.kind !== 'object') throw invalid('message_start without a message')
    const id = message.get('id')?.string ?? ''
    if (this.#id !== null) {
      if (id !== this.#id) throw invalid('a second message in one stream')
      return
    }
    this.#id = id
    this.#hasContent ||= (message.get('content')?.items ?? []).some(({ raw }) => holdsContent(Buffer.from(raw), 0))
    this.#readUsage(message.get('usage'))
    const { requestedModel } = this.#context
    const model = message.get('model')
    const isName = model?.kind === 'string' || model?.kind === 'null'
    if (!isName || model.string === requestedModel) return this.forward(frame, 'message_start')
    if (start === null) {
      this.#out.add(Buffer.from(`event: message_start\ndata: ${withModel(root, model, requestedModel)}\n\n`))
      return
    }
    this.#addName(frame, 'message_start')
    this.#out.addPart(frame.bytes, 0, start + model.start)
    this.#out.add(Buffer.from(stringToJson(requestedModel)))
    this.#out.addPart(frame.bytes, start + model.end, frame.bytes.length)
  }

  messageDelta(root: JsonNode, frame: SseFrame): void {
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
  ['message_start', (stream, root, frame, start) => stream.messageStart(root, frame, start)],
  ['message_delta', (stream, root, frame) => stream.messageDelta(root, frame)],
  ['message_stop', (stream, _root, frame) => stream.messageStop(frame)],
  [
    'error',
    (_stream, root) => {
      throw decodeStreamError(root.raw)
    },
  ],
])

/** Byte by byte: a call of `compare` would cost several times as much. */
function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false
  return true
}

/**
 * Garbage never reaches a client, not even where it would tell the gateway nothing. Where in the frame its data begins; -1
 * where that, JSON all the same, is not one line.
 */
function demandJson(frame: SseFrame): number {
  const start = dataStart(frame.bytes)
  if (start !== -1 && isJsonObject(frame.bytes, start)) return start
  const isObject = frame.data === '' || readingAnswer(() => scanJson(frame.data)).kind === 'object'
  if (!isObject) throw invalid('an event that is no object')
  return -1
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
