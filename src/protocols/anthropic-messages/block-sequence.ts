import type { EventSink } from '../../canonical/event.ts'
import { GatewayError } from '../../lib/error.ts'
import { EMPTY_JSON_STRING, scanJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { answerSeals, decodeAnswerBlock } from './answer-blocks.ts'
import { OpaqueState, PartEmitter, ReasoningState, TextState, ToolState } from './block-state.ts'
import type { BlockState } from './block-state.ts'
import type { CalledTools } from './finish.ts'

interface Entry {
  readonly wireIndex: number
  readonly state: BlockState
  /** Deltas that came while an earlier block was open. */
  readonly waiting: JsonNode[]
  stopped: boolean
}

/**
 * Brings the content blocks of a stream into the order that events promise: contiguous parts, one open at a time. Some
 * hosts let blocks overlap (llama.cpp closes all of them at the end), others interleave the deltas of parallel calls.
 */
export class BlockSequence {
  readonly #context: AnswerContext<'anthropic-messages'>
  readonly #sink: EventSink
  /** Blocks that are not closed, in the order of their starts. The first is the open part; the others wait for it. */
  readonly #open: Entry[] = []
  #emitter: PartEmitter
  #parts = 0
  #clientTools = false
  #outputTool = false

  constructor(context: AnswerContext<'anthropic-messages'>, sink: EventSink) {
    this.#context = context
    this.#sink = sink
    this.#emitter = new PartEmitter(sink, 0)
  }

  get called(): CalledTools {
    return { client: this.#clientTools, output: this.#outputTool }
  }

  start(wireIndex: number, block: JsonNode): void {
    const [current] = this.#open
    if (this.#open.length === 1 && current?.state.mayClose === true) this.#closeFirst()
    this.#open.push({ wireIndex, state: this.#stateOf(block, wireIndex), waiting: [], stopped: false })
    if (this.#open.length === 1) this.#openFirst()
  }

  delta(wireIndex: number, delta: JsonNode): void {
    const at = this.#open.findLastIndex((entry) => entry.wireIndex === wireIndex)
    const entry = this.#open[at]
    if (entry === undefined) this.#lateDelta(wireIndex, delta)
    else if (at === 0) entry.state.delta(delta, this.#emitter)
    else entry.waiting.push(delta)
  }

  /** Does a delta for this block go to the open part, which appends the text of this member? */
  growsBy(wireIndex: number, member: string): boolean {
    const [first] = this.#open
    return first?.state.growsBy === member && this.#open.findLast((entry) => entry.wireIndex === wireIndex) === first
  }

  /** Such a delta. */
  grow(text: JsonText): void {
    this.#open[0]?.state.grow(text, this.#emitter)
  }

  stop(wireIndex: number): void {
    const entry = this.#open.find((candidate) => candidate.wireIndex === wireIndex)
    if (entry === undefined) return
    entry.stopped = true
    this.#advance()
  }

  /** The answer is over: whatever is still open ends here. */
  closeAll(): void {
    for (const entry of this.#open) entry.stopped = true
    this.#advance()
  }

  #advance(): void {
    while (this.#open[0]?.stopped === true) {
      this.#closeFirst()
      this.#openFirst()
    }
  }

  #openFirst(): void {
    const [entry] = this.#open
    if (entry === undefined) return
    this.#emitter = new PartEmitter(this.#sink, this.#parts++)
    this.#emitter.start(entry.state.head)
    for (const delta of entry.waiting) entry.state.delta(delta, this.#emitter)
  }

  #closeFirst(): void {
    const entry = this.#open.shift()
    entry?.state.close(this.#emitter)
    this.#emitter.end()
  }

  /** A delta for a block that is closed, or that never began: the text goes on in a part of its own. */
  #lateDelta(wireIndex: number, delta: JsonNode): void {
    const implied = IMPLIED_BLOCKS.get(delta.get('type')?.string ?? '')
    if (implied !== undefined) {
      if (delta.get('signature')?.string === '') return
      this.start(wireIndex, scanJson(implied))
      this.delta(wireIndex, delta)
      return
    }
    const json = delta.get('partial_json')?.string
    if (json === undefined)
      this.#sink({ type: 'opaque', protocol: 'anthropic-messages', name: 'content_block_delta', raw: delta.raw })
    else if (json.trim() !== '') {
      throw new GatewayError('upstream_invalid_response', 'The upstream sent tool input outside of a tool call.')
    }
  }

  #stateOf(block: JsonNode, wireIndex: number): BlockState {
    const part = decodeAnswerBlock(block, `content.${wireIndex}`, this.#context)
    switch (part.kind) {
      case 'text':
        return new TextState({ kind: 'text', refusal: false, ext: part.ext }, contentsOf(block, 'text', 'citations'))
      case 'reasoning':
        return new ReasoningState(
          { kind: 'reasoning', ext: part.ext },
          part.text,
          part.seal,
          answerSeals(this.#context),
        )
      case 'tool-call': {
        const isOutput = part.name === this.#context.outputTool
        if (isOutput) this.#outputTool = true
        else this.#clientTools = true
        const { id, name, ext, input } = part
        return new ToolState(
          isOutput ? { kind: 'text', refusal: false, ext: null } : { kind: 'tool-call', id, name, ext },
          input,
        )
      }
      case 'media':
      case 'opaque':
        return new OpaqueState(part)
      case 'tool-result':
        return new OpaqueState({ kind: 'opaque', protocol: 'anthropic-messages', type: 'tool_result', raw: block.raw })
      default:
        return part satisfies never
    }
  }
}

const EMPTY_TEXT = '{"type":"text","text":""}'
const EMPTY_THINKING = '{"type":"thinking","thinking":""}'

const IMPLIED_BLOCKS: ReadonlyMap<string, string> = new Map([
  ['text_delta', EMPTY_TEXT],
  ['citations_delta', EMPTY_TEXT],
  ['thinking_delta', EMPTY_THINKING],
  ['signature_delta', EMPTY_THINKING],
])

/** What these members hold, if anything. */
function contentsOf(block: JsonNode, ...names: readonly string[]): readonly JsonNode[] {
  const nodes = names.map((name) => block.get(name)).filter((node) => node !== undefined)
  return nodes.filter((node) => node.raw !== EMPTY_JSON_STRING)
}
