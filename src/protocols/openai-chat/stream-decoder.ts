import type { EventSink } from '../../canonical/event.ts'
import { GatewayError } from '../../lib/error.ts'
import { scanJson, tryScanJsonBytes } from '../../lib/json.ts'
import type { JsonMember, JsonNode, JsonText } from '../../lib/json.ts'
import { dataLine } from '../../lib/sse-data.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
import { TextEvents } from '../../lib/text-events.ts'
import type { AnswerContext, Grace, StreamDecoder } from '../protocol.ts'
import { AnswerAssembler } from './answer-assembler.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { DONE, GRACE_BEHIND_DONE, GRACE_BEHIND_FINISH } from './wire.ts'

export function streamDecoder(context: AnswerContext<'openai-chat'>, sink: EventSink): StreamDecoder {
  return new ChatStreamDecoder(context, sink)
}

class ChatStreamDecoder implements StreamDecoder {
  readonly #framer: SseFramer
  readonly #answer: AnswerAssembler
  /** We asked for usage, so a `[DONE]` without it may be early. */
  readonly #awaitsUsage: boolean
  /** Chunks that bring nothing but more of the same. */
  readonly #known = new TextEvents((text) => this.#grow(text))
  /** Of what. */
  #growth: Growth['kind'] = 'content'
  readonly #onFrame = (frame: SseFrame): void => this.#frame(frame)
  #done = false

  constructor(context: AnswerContext<'openai-chat'>, sink: EventSink) {
    this.#framer = new SseFramer(context.maxEventBytes)
    this.#answer = new AnswerAssembler(context, sink)
    this.#awaitsUsage = context.dialect.streamUsage
  }

  feed(chunk: Buffer): void {
    this.#known.release()
    this.#guard(() => this.#framer.feed(chunk, this.#onFrame, this.#known))
  }

  end(): void {
    this.#guard(() => {
      this.#framer.end(this.#onFrame)
      this.#answer.finish(this.#done)
    })
  }

  get grace(): Grace {
    if (this.#done) return GRACE_BEHIND_DONE
    return this.#answer.hasFinishReason ? GRACE_BEHIND_FINISH : null
  }

  #guard(step: () => void): void {
    if (this.#answer.ended) return
    try {
      step()
    } catch (thrown) {
      this.#answer.fail(answerError(thrown))
    }
  }

  #frame(frame: SseFrame): void {
    if (this.#answer.ended) return
    const line = dataLine(frame.bytes)
    const root = line === null ? null : tryScanJsonBytes(line)
    if (line === null || root === null) return this.#unusual(frame)
    const hadBegun = this.#answer.hasBegun
    this.#chunk(root, frame)
    const growth = hadBegun && !this.#done && !this.#answer.ended ? growthIn(root) : null
    if (growth === null) return this.#known.forget()
    this.#growth = growth.kind
    const ignored = IGNORED.map((name) => root.get(name))
    this.#known.learn(frame.bytes, line, growth.text, ignored)
  }

  #grow(text: JsonText): void {
    if (this.#growth === 'content') this.#answer.content(text)
    else this.#answer.toolArguments(text)
  }

  /** Data on several lines, or none, or none that is JSON. */
  #unusual(frame: SseFrame): void {
    // Between tokens a line break is a space; what is passed on from here has to fit into one line.
    const data = frame.data.trim().replaceAll('\n', ' ')
    if (data === '') return this.#bare(frame)
    this.#known.forget()
    if (data === DONE) return this.#markDone()
    this.#chunk(scanJson(data), frame)
  }

  #chunk(root: JsonNode, frame: SseFrame): void {
    if (isError(root, frame)) throw errorInAnswer(root)
    if (!this.#done) return this.#answer.chunk(root)
    this.#answer.usage(root)
    if (this.#answer.hasUsage) this.#answer.finish(true)
  }

  /** Usage may come behind `[DONE]`; where it was promised and is missing, the end of the stream is awaited, which is near. */
  #markDone(): void {
    this.#done = true
    const mayWait = this.#awaitsUsage && !this.#answer.hasUsage && this.#answer.hasFinishReason
    if (!mayWait) this.#answer.finish(true)
  }

  /** A comment, or the JSON of an error that a server wrote into the stream without making it an event. */
  #bare(frame: SseFrame): void {
    const text = frame.bytes.toString('utf8').trim()
    if (!text.startsWith('{')) return
    const root = scanJson(text)
    throw isError(root, null)
      ? errorInAnswer(root)
      : new GatewayError('upstream_invalid_response', 'The upstream sent JSON where it was asked for an event stream.')
  }
}

/** Members that differ from chunk to chunk in some vendors' answers and say nothing. */
const IGNORED = ['id', 'obfuscation']

interface Growth {
  readonly kind: 'content' | 'arguments'
  /** The string that is appended. */
  readonly text: JsonNode
}

/** What a chunk appends to, which brings nothing else; null for all others. */
function growthIn(root: JsonNode): Growth | null {
  const [choice, ...others] = root.get('choices')?.items ?? []
  if (choice === undefined || others.length > 0 || !choice.members.every(isOrdinary)) return null
  const [only, ...more] = choice.get('delta')?.members ?? []
  if (only === undefined || more.length > 0) return null
  if (only.name === 'content') return only.value.kind === 'string' ? { kind: 'content', text: only.value } : null
  const text = only.name === 'tool_calls' ? moreArguments(only.value) : null
  return text === null ? null : { kind: 'arguments', text }
}

/** Members of a choice that say nothing in most chunks of an answer. */
function isOrdinary({ name, value }: JsonMember): boolean {
  return name === 'delta' || value.isNull || (name === 'index' && value.number === 0)
}

/** A fragment that neither opens a call nor names one. */
function moreArguments(calls: JsonNode): JsonNode | null {
  const [call, ...others] = calls.items
  const fn = call?.get('function')
  if (call === undefined || fn === undefined || others.length > 0) return null
  const isMore = call.members.every(({ name }) => name === 'index' || name === 'type' || name === 'function')
  const text = fn.members.length === 1 ? fn.get('arguments') : undefined
  return isMore && text?.kind === 'string' ? text : null
}

/** Some mark the event, some write an `error` member, some both. */
function isError(root: JsonNode, frame: SseFrame | null): boolean {
  if (root.kind !== 'object')
    throw new GatewayError('upstream_invalid_response', 'The upstream sent a chunk that is no object.')
  const error = root.get('error')
  return (error !== undefined && !error.isNull) || frame?.event === 'error'
}
