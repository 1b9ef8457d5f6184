import type { Seal } from '../../canonical/content.ts'
import type { EventSink, PartHead } from '../../canonical/event.ts'
import { toolInput } from '../../canonical/fold.ts'
import { EMPTY_JSON_STRING, joinJsonStrings, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { SurrogateJoiner } from '../../lib/surrogate-joiner.ts'
import type { SealReader } from './decode-content.ts'
import { PROTOCOL } from './wire.ts'

export type GrowingMember = 'text' | 'thinking' | 'partial_json'

/** A content block of a stream while it is open: turns its deltas into events of one part. */
export interface BlockState {
  readonly head: PartHead
  /** What it has is a whole: another block may begin although the vendor has not closed this one. */
  readonly mayClose: boolean
  /** The member of a delta whose text is appended to it; null where nothing is. */
  readonly growsBy: GrowingMember | null
  delta(delta: JsonNode, part: PartEmitter): void
  /** What a delta does that has nothing but such a text. */
  grow(text: JsonText, part: PartEmitter): void
  /** Emits what was held back. */
  close(part: PartEmitter): void
}

/** Emits the events of the part that is open now. */
export class PartEmitter {
  readonly #sink: EventSink
  readonly #index: number

  constructor(sink: EventSink, index: number) {
    this.#sink = sink
    this.#index = index
  }

  start(part: PartHead): void {
    this.#sink({ type: 'part-start', index: this.#index, part })
  }

  text(text: JsonText): void {
    if (text !== EMPTY_JSON_STRING) this.#sink({ type: 'text-delta', index: this.#index, text })
  }

  input(json: JsonText): void {
    if (json !== EMPTY_JSON_STRING) this.#sink({ type: 'input-delta', index: this.#index, json })
  }

  seal(seal: Seal): void {
    this.#sink({ type: 'seal-delta', index: this.#index, seal })
  }

  citation(citation: JsonText): void {
    this.#sink({ type: 'citation-delta', index: this.#index, citation })
  }

  opaque(raw: JsonText): void {
    this.#sink({ type: 'opaque-delta', index: this.#index, protocol: PROTOCOL, raw })
  }

  end(): void {
    this.#sink({ type: 'part-end', index: this.#index })
  }
}

export class TextState implements BlockState {
  readonly head: PartHead
  readonly mayClose = true
  readonly growsBy = 'text'
  readonly #joiner = new SurrogateJoiner()
  /** What the block held when it began. */
  #first: readonly JsonNode[]

  constructor(head: PartHead, first: readonly JsonNode[]) {
    this.head = head
    this.#first = first
  }

  delta(delta: JsonNode, part: PartEmitter): void {
    this.#begin(part)
    const text = delta.get('text')
    const citation = delta.get('citation')
    if (text?.kind === 'string') this.grow(text.raw, part)
    else if (citation !== undefined) part.citation(citation.raw)
    else part.opaque(delta.raw)
  }

  grow(text: JsonText, part: PartEmitter): void {
    this.#begin(part)
    part.text(this.#joiner.push(text))
  }

  close(part: PartEmitter): void {
    this.#begin(part)
    const rest = this.#joiner.flush()
    if (rest !== null) part.text(rest)
  }

  #begin(part: PartEmitter): void {
    for (const node of this.#first) {
      if (node.kind === 'string') part.text(this.#joiner.push(node.raw))
      else for (const citation of node.items) part.citation(citation.raw)
    }
    this.#first = []
  }
}

export class ReasoningState implements BlockState {
  readonly head: PartHead
  readonly mayClose = true
  readonly growsBy = 'thinking'
  readonly #joiner = new SurrogateJoiner()
  readonly #readSeal: SealReader
  #first: JsonText
  #seal: Seal | null

  constructor(head: PartHead, text: JsonText, seal: Seal | null, readSeal: SealReader) {
    this.head = head
    this.#first = text
    this.#seal = seal
    this.#readSeal = readSeal
  }

  delta(delta: JsonNode, part: PartEmitter): void {
    this.#begin(part)
    const thinking = delta.get('thinking')
    const signature = delta.get('signature')?.string
    // A later signature replaces an earlier one; an empty one (llama.cpp) says that there is none.
    if (signature !== undefined) this.#seal = signature === '' ? this.#seal : this.#readSeal('signature', signature)
    else if (thinking?.kind === 'string' && !(thinking.raw === EMPTY_JSON_STRING && delta.members.length > 2)) {
      this.grow(thinking.raw, part)
    } else part.opaque(delta.raw)
  }

  grow(text: JsonText, part: PartEmitter): void {
    this.#begin(part)
    part.text(this.#joiner.push(text))
  }

  close(part: PartEmitter): void {
    this.#begin(part)
    const rest = this.#joiner.flush()
    if (rest !== null) part.text(rest)
    if (this.#seal !== null) part.seal(this.#seal)
  }

  #begin(part: PartEmitter): void {
    part.text(this.#joiner.push(this.#first))
    this.#first = EMPTY_JSON_STRING
  }
}

/** A tool call, or the call whose input is the answer's text: there the pieces of JSON are pieces of text as they stand. */
export class ToolState implements BlockState {
  readonly head: PartHead
  readonly growsBy = 'partial_json'
  readonly #joiner = new SurrogateJoiner()
  readonly #pieces: JsonText[] = []
  readonly #whole: JsonText

  /** `input`: what the block began with, which counts only if no pieces follow. */
  constructor(head: PartHead, input: JsonText) {
    this.head = head
    this.#whole = input
  }

  get mayClose(): boolean {
    return this.#pieces.length > 0 && !toolInput(joinJsonStrings(this.#pieces)).invalid
  }

  delta(delta: JsonNode, part: PartEmitter): void {
    const json = delta.get('partial_json')
    if (json?.kind === 'string') this.grow(json.raw, part)
    else part.opaque(delta.raw)
  }

  grow(text: JsonText, part: PartEmitter): void {
    this.#piece(this.#joiner.push(text), part)
  }

  close(part: PartEmitter): void {
    const rest = this.#joiner.flush()
    if (rest !== null) this.#piece(rest, part)
    const isEmptyCall = this.#whole === '{}' && this.head.kind === 'tool-call'
    if (this.#pieces.length === 0 && !isEmptyCall) this.#piece(stringToJson(this.#whole), part)
  }

  #piece(json: JsonText, part: PartEmitter): void {
    if (json === EMPTY_JSON_STRING) return
    this.#pieces.push(json)
    if (this.head.kind === 'tool-call') part.input(json)
    else part.text(json)
  }
}

export class OpaqueState implements BlockState {
  readonly head: PartHead
  readonly mayClose = true
  readonly growsBy = null

  constructor(head: PartHead) {
    this.head = head
  }

  delta(delta: JsonNode, part: PartEmitter): void {
    part.opaque(delta.raw)
  }

  grow(): void {}

  close(): void {}
}
