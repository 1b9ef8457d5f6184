import type { EventSink } from '../../canonical/event.ts'
import { GatewayError } from '../../lib/error.ts'
import { scanJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { SseFramer } from '../../lib/sse.ts'
import type { SseFrame } from '../../lib/sse.ts'
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
  #done = false

  constructor(context: AnswerContext<'openai-chat'>, sink: EventSink) {
    this.#framer = new SseFramer(context.maxEventBytes)
    this.#answer = new AnswerAssembler(context, sink)
    this.#awaitsUsage = context.dialect.streamUsage
  }

  feed(chunk: Buffer): void {
    this.#guard(() => this.#framer.feed(chunk, (frame) => this.#frame(frame)))
  }

  end(): void {
    this.#guard(() => {
      this.#framer.end((frame) => this.#frame(frame))
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
    // Between tokens a line break is a space; what is passed on from here has to fit into one line.
    const data = frame.data.trim().replaceAll('\n', ' ')
    if (data === '') return this.#bare(frame)
    if (data === DONE) return this.#markDone()
    const root = scanJson(data)
    if (isError(root, frame.event)) throw errorInAnswer(root)
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
    throw isError(root, '')
      ? errorInAnswer(root)
      : new GatewayError('upstream_invalid_response', 'The upstream sent JSON where it was asked for an event stream.')
  }
}

/** Some mark the event, some write an `error` member, some both. */
function isError(root: JsonNode, event: string): boolean {
  if (root.kind !== 'object')
    throw new GatewayError('upstream_invalid_response', 'The upstream sent a chunk that is no object.')
  const error = root.get('error')
  return event === 'error' || (error !== undefined && !error.isNull)
}
