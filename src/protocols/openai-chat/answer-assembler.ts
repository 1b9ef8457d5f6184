import type { SealOrigin } from '../../canonical/content.ts'
import type { EventSink } from '../../canonical/event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { EMPTY_JSON_STRING, JsonObjectWriter, decodeJsonString, jsonArray, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { readAnnotations } from './annotations.ts'
import { CHOICE_MEMBERS, choiceOf, choiceZero, filled, isOther, otherFields } from './answer-members.ts'
import { errorInAnswer } from './errors.ts'
import { ownExt } from './ext.ts'
import { readFinish, readStopSequence } from './finish.ts'
import { readImage } from './media.ts'
import { PartSequence } from './part-sequence.ts'
import { readReasoning, readThinkingPart } from './reasoning-details.ts'
import type { PlainField, ReasoningPiece } from './reasoning-details.ts'
import { ThinkTagScanner } from './think-tags.ts'
import { ToolCallAssembler } from './tool-calls.ts'
import { findUsage, readUsage } from './usage.ts'
import { literal } from './wire.ts'

/**
 * Builds an answer from what a Chat vendor sends, as events. A whole message and the deltas of a stream go through the same
 * steps, so both give the same answer.
 */
export class AnswerAssembler {
  readonly #context: AnswerContext<'openai-chat'>
  readonly #sink: EventSink
  readonly #parts: PartSequence
  readonly #calls: ToolCallAssembler
  readonly #tags: ThinkTagScanner | null
  /** Content that came while a tool call still waited for arguments. */
  #deferred: (() => void)[] = []
  #id: string | null = null
  #started = false
  #startFields: ReadonlyMap<string, JsonText> = new Map()
  readonly #endFields = new Map<string, JsonText>()
  #usage: Usage | null = null
  #finishReason: string | null = null
  #stopSequence: string | null = null
  #refused = false
  #plainField: PlainField | null = null
  #ended = false

  constructor(context: AnswerContext<'openai-chat'>, sink: EventSink) {
    this.#context = context
    this.#sink = sink
    const origin: SealOrigin = { provider: context.provider, protocol: 'openai-chat', model: context.model }
    this.#parts = new PartSequence(sink, origin)
    this.#calls = new ToolCallAssembler({
      parts: this.#parts,
      origin,
      toolNames: context.toolNames,
      answerId: () => this.#id ?? '',
    })
    this.#tags = context.dialect.thinkTags ? new ThinkTagScanner() : null
  }

  /** `finish` or `error` went out; nothing may follow. */
  get ended(): boolean {
    return this.#ended
  }

  /** The first chunk of the answer is read. */
  get hasBegun(): boolean {
    return this.#started
  }

  /** The vendor said why the model stopped. */
  get hasFinishReason(): boolean {
    return this.#finishReason !== null
  }

  get hasUsage(): boolean {
    return this.#usage !== null
  }

  /** A chunk of a stream. */
  chunk(root: JsonNode): void {
    const choice = choiceZero(root)
    // Azure opens with a chunk that has neither id nor choices.
    if (!this.#started && (choice !== undefined || filled(root, 'id') !== null)) this.#start(root)
    if (choice !== undefined) {
      const delta = choice.get('delta') ?? choice.get('message')
      if (delta?.kind === 'object') this.#message(delta, false)
      this.#extras(choice, delta)
      this.#choice(choice)
    }
    // What comes in front of the answer (`prompt_filter_results`) is told at its end, once.
    if (choice === undefined || this.#finishReason !== null) this.#keepEndFields(root)
    this.usage(root)
  }

  /** What a chunk brings that has nothing but the text of `content`, behind others that have. */
  content(text: JsonText): void {
    if (text === EMPTY_JSON_STRING) return
    if (this.#calls.isEmpty) this.#text(text)
    else this.#content(() => this.#text(text))
  }

  /** What a chunk brings that has nothing but more arguments of the tool call that the one before was about. */
  toolArguments(piece: JsonText): void {
    this.#calls.addArguments(piece)
  }

  /** Only the usage of a chunk, for what comes behind the end. */
  usage(root: JsonNode): void {
    const node = findUsage(root)
    const usage = node === null ? null : readUsage(node, this.#context.dialect.reasoningOutsideCompletion)
    if (usage === null || usage.raw === this.#usage?.raw) return
    this.#usage = usage
    if (this.#started) this.#sink({ type: 'usage', usage })
  }

  /** A whole answer. Throws `upstream_invalid_response` when there is no message in it. */
  whole(root: JsonNode): void {
    const choice = choiceZero(root)
    const message = choice?.get('message')
    if (choice === undefined || message?.kind !== 'object') {
      throw new GatewayError('upstream_invalid_response', "The upstream's answer holds no message.")
    }
    this.#start(root)
    this.#message(message, true)
    for (const { name, value } of message.members.filter(isOther)) {
      this.#endFields.set(`choices.message.${name}`, value.raw)
    }
    const logprobs = choice.get('logprobs')
    if (logprobs !== undefined && !logprobs.isNull) this.#endFields.set('choices.logprobs', logprobs.raw)
    this.#choice(choice)
    this.usage(root)
  }

  /**
   * Everything that came is in: sends what waited, then `finish`, or the error that the vendor's last word stands for.
   * `complete`: there was an end other than a finish reason.
   */
  finish(complete: boolean): void {
    if (this.#ended) return
    const broken = this.#finishReason === null && this.#calls.broken
    this.#settle()
    const finish = readFinish(this.#finishReason, {
      toolCalls: this.#calls.any,
      refused: this.#refused,
      stopSequence: this.#stopSequence,
      // An end without a reason is taken for one only where something whole came before it.
      complete: complete && this.#parts.any && !broken,
    })
    if (finish instanceof GatewayError) return this.fail(finish)
    this.#ended = true
    const ext = this.#endFields.size === 0 ? null : ownExt(this.#endFields)
    this.#sink({ type: 'finish', finish, ext })
  }

  fail(error: GatewayError): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink({ type: 'error', error })
  }

  #start(root: JsonNode): void {
    this.#started = true
    this.#id = filled(root, 'id')
    this.#startFields = otherFields(root)
    const ext = this.#startFields.size === 0 ? null : ownExt(this.#startFields)
    this.#sink({ type: 'start', id: this.#id, model: filled(root, 'model'), usage: null, ext })
    if (this.#usage !== null) this.#sink({ type: 'usage', usage: this.#usage })
  }

  /** What the last chunks say beside the answer, where the first did not say the same. */
  #keepEndFields(root: JsonNode): void {
    for (const [name, value] of otherFields(root)) {
      if (this.#startFields.get(name) !== value) this.#endFields.set(name, value)
    }
  }

  #message(message: JsonNode, isWhole: boolean): void {
    const [only, ...more] = message.members
    if (only?.name === 'content' && more.length === 0) return this.#readContent(only.value)
    const pieces = readReasoning(message).pieces.filter((piece) => this.#isRead(piece))
    if (pieces.length > 0) this.#content(() => pieces.forEach((piece) => this.#parts.reasoning(piece)))
    const content = message.get('content')
    if (content !== undefined) this.#readContent(content)
    const refusal = message.get('refusal')
    if (refusal?.kind === 'string' && refusal.string !== '') {
      this.#refused = true
      this.#content(() => this.#parts.text(refusal.raw, true))
    }
    for (const image of message.get('images')?.items ?? []) {
      const part = readImage(image)
      if (part !== null) this.#content(() => this.#parts.whole(part))
    }
    this.#readAnnotations(message.get('annotations'), isWhole)
    this.#readCalls(message, isWhole)
  }

  #readAnnotations(node: JsonNode | undefined, isWhole: boolean): void {
    const { citations, others } = readAnnotations(node)
    if (citations.length > 0) this.#content(() => citations.forEach((citation) => this.#parts.citation(citation)))
    if (others.length === 0) return
    if (isWhole) this.#endFields.set('choices.message.annotations', jsonArray(others))
    else
      this.#sink({ type: 'opaque', protocol: 'openai-chat', name: 'annotations', raw: choiceOf('annotations', others) })
  }

  /** Plain text is read from one field only: two that tell different stories would alternate with every delta. */
  #isRead({ text, detail, field }: ReasoningPiece): boolean {
    if (detail !== null) return true
    if (text === EMPTY_JSON_STRING) return false
    this.#plainField ??= field
    return field === this.#plainField
  }

  #readCalls(message: JsonNode, isWhole: boolean): void {
    const calls = message.get('tool_calls')?.items ?? []
    const legacy = message.get('function_call')
    if (calls.length === 0 && legacy?.kind !== 'object') return
    if (this.#tags !== null) this.#tagged(this.#tags.flush())
    calls.forEach((call, position) => this.#calls.add(call, isWhole ? position : null))
    if (legacy?.kind === 'object') this.#calls.addLegacy(legacy)
  }

  #readContent(content: JsonNode): void {
    if (content.kind === 'string') return this.content(content.raw)
    for (const item of content.items) {
      const text = item.get('text')
      const thinking = readThinkingPart(item, Infinity)
      if (text?.kind === 'string') this.#content(() => this.#text(text.raw))
      else if (thinking !== null) this.#content(() => this.#parts.reasoning(thinking))
      else
        this.#sink({ type: 'opaque', protocol: 'openai-chat', name: 'content', raw: choiceOf('content', [item.raw]) })
    }
  }

  #text(text: JsonText): void {
    const tags = this.#tags
    if (tags === null || tags.isTransparent) return this.#parts.text(text)
    this.#tagged(tags.push(decodeJsonString(text)))
  }

  #tagged(pieces: ReturnType<ThinkTagScanner['push']>): void {
    for (const piece of pieces) {
      const text = stringToJson(piece.text)
      if (piece.kind === 'text') this.#parts.text(text)
      else this.#parts.reasoning({ text, detail: null, key: 'think-tags', field: null })
    }
  }

  /** Runs a step that opens another part, once no tool call waits for more of its arguments. */
  #content(step: () => void): void {
    if (!this.#calls.settled) {
      this.#deferred.push(step)
      return
    }
    this.#flushCalls()
    step()
  }

  #flushCalls(): void {
    this.#calls.flush()
    for (const step of this.#deferred) step()
    this.#deferred = []
  }

  #settle(): void {
    this.#flushCalls()
    if (this.#tags !== null) this.#tagged(this.#tags.flush())
    this.#parts.close()
  }

  #choice(choice: JsonNode): void {
    const failure = choice.get('error')
    if (failure?.kind === 'object') throw errorInAnswer(failure)
    this.#stopSequence ??= readStopSequence(choice, this.#context.stop)
    const reason = filled(choice, 'finish_reason')
    if (reason === null) return
    this.#finishReason = reason
    for (const { name, value } of choice.members) {
      if (!CHOICE_MEMBERS.has(name)) this.#endFields.set(`choices.${name}`, value.raw)
    }
    this.#settle()
  }

  /** What a delta brings beside the answer (audio, log probabilities) travels as the choice that it stood in. */
  #extras(choice: JsonNode, delta: JsonNode | undefined): void {
    const logprobs = choice.get('logprobs')
    const others = delta?.members.filter(isOther) ?? []
    const hasLogprobs = logprobs !== undefined && !logprobs.isNull
    if (others.length === 0 && !hasLogprobs) return
    const writer = new JsonObjectWriter()
    for (const { name, value } of others) writer.add(name, value.raw)
    const raw = new JsonObjectWriter()
      .add('index', literal('0'))
      .add('delta', writer.text)
      .add('logprobs', hasLogprobs ? logprobs.raw : literal('null'))
      .add('finish_reason', literal('null')).text
    this.#sink({ type: 'opaque', protocol: 'openai-chat', name: 'choice', raw })
  }
}
