import type { EventSink } from '../../canonical/event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError, toGatewayError } from '../../lib/error.ts'
import { scanJson, toJsonText, tryScanJsonBytes } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { dataLine } from '../../lib/sse-data.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import { TextEvents } from '../../lib/text-events.ts'
import type { AnswerContext, Grace, StreamDecoder } from '../protocol.ts'
import { BlockSequence } from './block-sequence.ts'
import { decodeStreamError } from './errors.ts'
import { ExtCollector } from './ext-collector.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'
import { eventName, GRACE, PROTOCOL, readingAnswer } from './wire.ts'

type EventReader = (decoder: MessagesStreamDecoder, root: JsonNode) => void

const START_FIELDS = new Set([
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'stop_details',
  'usage',
])
const DELTA_FIELDS = new Set(['stop_reason', 'stop_sequence', 'stop_details'])
const MESSAGE_DELTA_FIELDS = new Set(['type', 'delta', 'usage'])

/** Reads an answer's event stream; see `Event` for what it promises. */
export class MessagesStreamDecoder implements StreamDecoder {
  readonly #sink: EventSink
  readonly #framer: SseFramer
  readonly #blocks: BlockSequence
  /** Deltas that bring nothing but more of the same. */
  readonly #known = new TextEvents((text) => this.#blocks.grow(text))
  readonly #onFrame = (frame: SseFrame): void => this.#read(frame)
  readonly #finishExt = new ExtCollector()
  /** Names of the fields that stood in `message_delta` itself and not in its `delta`. */
  readonly #besideDelta = new Set<string>()
  #started = false
  #done = false
  #id: string | null = null
  #usage: Usage | null = null
  #stopReason: string | null = null
  #stopSequence: string | null = null
  #stopDetails: JsonText | null = null

  constructor(context: AnswerContext<'anthropic-messages'>, sink: EventSink) {
    this.#sink = sink
    this.#framer = new SseFramer(context.maxEventBytes)
    this.#blocks = new BlockSequence(context, sink)
  }

  feed(chunk: Buffer): void {
    this.#known.release()
    this.#guard(() => this.#framer.feed(chunk, this.#onFrame, this.#known))
  }

  end(): void {
    this.#guard(() => this.#framer.end(this.#onFrame))
    if (this.#done) return
    // A stop reason says that the answer is whole, whether or not its last event came.
    if (this.#stopReason !== null) this.#finish()
    else this.#fail(new GatewayError('upstream_truncated', 'The upstream broke off its answer.'))
  }

  get grace(): Grace {
    return this.#stopReason === null ? null : GRACE
  }

  /** Whatever goes wrong while reading becomes the stream's end. */
  #guard(step: () => void): void {
    if (this.#done) return
    try {
      step()
    } catch (thrown) {
      this.#fail(toGatewayError(thrown))
    }
  }

  #read(frame: SseFrame): void {
    if (this.#done) return
    readingAnswer(() => {
      const line = dataLine(frame.bytes)
      const root = line === null ? null : tryScanJsonBytes(line)
      if (line === null || root === null) return this.#unusual(frame)
      this.#event(root, frame)
      const growth = this.#growthIn(root)
      if (growth === null) this.#known.forget()
      else this.#known.learn(frame.bytes, line, growth)
    })
  }

  /** Data on several lines, or none, or none that is JSON. */
  #unusual(frame: SseFrame): void {
    const { data } = frame
    if (data === '' || data === '[DONE]') return
    this.#known.forget()
    this.#event(scanJson(data), frame)
  }

  #event(root: JsonNode, frame: SseFrame): void {
    const name = eventName(root, frame)
    const read = READERS.get(name)
    if (read === undefined) this.#sink({ type: 'opaque', protocol: PROTOCOL, name, raw: root.raw })
    else read(this, root)
  }

  /** The text that an event appends to the open part, if it brings nothing else. */
  #growthIn(root: JsonNode): JsonNode | null {
    if (root.get('type')?.string !== 'content_block_delta') return null
    const [type, text, ...others] = root.get('delta')?.members ?? []
    const isPlain = type?.name === 'type' && text?.value.kind === 'string' && others.length === 0
    return isPlain && this.#blocks.growsBy(indexOf(root), text.name) ? text.value : null
  }

  messageStart(root: JsonNode): void {
    const message = root.get('message')
    if (message?.kind !== 'object') throw invalid('message_start without a message')
    const id = message.get('id')?.string ?? null
    if (this.#started) {
      // Proxies repeat it after a reconnect; another id means that two answers were spliced.
      if (id !== this.#id) throw invalid('a second message in one stream')
      return
    }
    this.#id = id
    const usage = message.get('usage')
    if (usage?.kind === 'object') this.#usage = decodeUsage(usage)
    this.#start(message.get('model')?.string ?? null, new ExtCollector().rest(message, START_FIELDS))
    for (const [index, block] of (message.get('content')?.items ?? []).entries()) {
      this.#blocks.start(index, block)
      this.#blocks.stop(index)
    }
  }

  blockStart(root: JsonNode): void {
    this.#ensureStarted()
    const block = root.get('content_block')
    if (block === undefined) throw invalid('content_block_start without a block')
    this.#blocks.start(indexOf(root), block)
  }

  blockDelta(root: JsonNode): void {
    this.#ensureStarted()
    const delta = root.get('delta')
    if (delta?.kind !== 'object') throw invalid('content_block_delta without a delta')
    this.#blocks.delta(indexOf(root), delta)
  }

  blockStop(root: JsonNode): void {
    this.#blocks.stop(indexOf(root))
  }

  messageDelta(root: JsonNode): void {
    this.#ensureStarted()
    const usage = root.get('usage')
    if (usage?.kind === 'object') {
      this.#usage = decodeUsage(usage, this.#usage)
      this.#sink({ type: 'usage', usage: this.#usage })
    }
    const delta = root.get('delta')
    if (delta?.kind === 'object') {
      this.#stopReason = delta.get('stop_reason')?.string ?? this.#stopReason
      this.#stopSequence = delta.get('stop_sequence')?.string ?? this.#stopSequence
      const details = delta.get('stop_details')
      if (details !== undefined && !details.isNull) this.#stopDetails = details.raw
      this.#finishExt.rest(delta, DELTA_FIELDS)
    }
    for (const { name } of root.members) if (!MESSAGE_DELTA_FIELDS.has(name)) this.#besideDelta.add(name)
    this.#finishExt.rest(root, MESSAGE_DELTA_FIELDS)
  }

  messageStop(): void {
    this.#ensureStarted()
    this.#finish()
  }

  error(root: JsonNode): void {
    throw decodeStreamError(root.raw)
  }

  #ensureStarted(): void {
    if (!this.#started) this.#start(null, new ExtCollector())
  }

  #start(model: string | null, ext: ExtCollector): void {
    this.#started = true
    this.#sink({ type: 'start', id: this.#id, model, usage: this.#usage, ext: ext.root })
  }

  #finish(): void {
    this.#blocks.closeAll()
    this.#done = true
    if (this.#besideDelta.size > 0) this.#finishExt.hint('message_delta', toJsonText([...this.#besideDelta]))
    const finish = decodeFinish(this.#stopReason, this.#stopSequence, this.#stopDetails, this.#blocks.called)
    this.#sink({ type: 'finish', finish, ext: this.#finishExt.root })
  }

  #fail(error: GatewayError): void {
    if (this.#done) return
    this.#done = true
    this.#sink({ type: 'error', error })
  }
}

const READERS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ['message_start', (decoder, root) => decoder.messageStart(root)],
  ['content_block_start', (decoder, root) => decoder.blockStart(root)],
  ['content_block_delta', (decoder, root) => decoder.blockDelta(root)],
  ['content_block_stop', (decoder, root) => decoder.blockStop(root)],
  ['message_delta', (decoder, root) => decoder.messageDelta(root)],
  ['message_stop', (decoder) => decoder.messageStop()],
  ['error', (decoder, root) => decoder.error(root)],
  ['ping', () => {}],
])

function indexOf(root: JsonNode): number {
  const index = root.get('index')?.number
  if (index === undefined) throw invalid('a content block without an index')
  return index
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The upstream sent ${what}.`)
}
