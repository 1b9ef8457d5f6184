import type { MediaPart, OpaquePart, Seal, SealOrigin } from '../../canonical/content.ts'
import type { EventSink, PartHead } from '../../canonical/event.ts'
import type { Ext } from '../../canonical/ext.ts'
import { EMPTY_JSON_STRING, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { ownExt } from './ext.ts'
import { detailSeal, isSigned } from './reasoning-details.ts'
import type { DetailFields, ReasoningPiece } from './reasoning-details.ts'
import { SurrogateJoiner } from './surrogates.ts'

/** What is open: `key` tells whether the next piece goes on with it. */
interface OpenPart {
  readonly key: string
  /** For reasoning: the fields of the detail so far; null for other parts. */
  readonly detail: Map<string, JsonText> | null
}

/** Emits parts one after the other: at most one is open, and each ends before the next begins. */
export class PartSequence {
  readonly #sink: EventSink
  readonly #origin: SealOrigin
  readonly #surrogates = new SurrogateJoiner()
  #count = 0
  #open: OpenPart | null = null

  /** `origin`: whose reasoning this is. */
  constructor(sink: EventSink, origin: SealOrigin) {
    this.#sink = sink
    this.#origin = origin
  }

  /** Some part was begun. */
  get any(): boolean {
    return this.#count > 0
  }

  text(text: JsonText, refusal = false): void {
    if (text === EMPTY_JSON_STRING) return
    this.#ensure(refusal ? 'refusal' : 'text', { kind: 'text', refusal, ext: null })
    this.#push(text)
  }

  reasoning(piece: ReasoningPiece): void {
    const { text, detail } = piece
    if (text === EMPTY_JSON_STRING && detail === null) return
    const key = `reasoning:${piece.key}`
    if (this.#open?.key !== key || isSigned(this.#open.detail ?? new Map()) || isWhole(detail)) {
      const ext = piece.field === null ? null : ownExt(new Map([['$field', toJsonText(piece.field)]]))
      this.#start(key, { kind: 'reasoning', ext }, new Map())
    }
    if (text !== EMPTY_JSON_STRING) this.#push(text)
    for (const [name, value] of detail ?? []) {
      if (value !== toJsonText(null) || !this.#open?.detail?.has(name)) this.#open?.detail?.set(name, value)
    }
  }

  /** A seal with no text of its own. */
  seal(seal: Seal): void {
    this.#start('seal', { kind: 'reasoning', ext: null })
    this.#sink({ type: 'seal-delta', index: this.#index, seal })
    this.close()
  }

  citation(citation: JsonText): void {
    this.#ensure('text', { kind: 'text', refusal: false, ext: null })
    this.#sink({ type: 'citation-delta', index: this.#index, citation })
  }

  toolCall(id: string, name: string, ext: Ext | null): void {
    this.#start('tool-call', { kind: 'tool-call', id, name, ext })
  }

  /** More of the arguments of the tool call that is open. */
  input(json: JsonText): void {
    const whole = json === EMPTY_JSON_STRING ? null : this.#surrogates.push(json)
    if (whole !== null) this.#sink({ type: 'input-delta', index: this.#index, json: whole })
  }

  whole(part: MediaPart | OpaquePart): void {
    this.#start('whole', part)
    this.close()
  }

  close(): void {
    if (this.#open === null) return
    const { detail, key } = this.#open
    const rest = this.#surrogates.flush()
    if (rest !== null) this.#emit(rest, key)
    if (detail !== null) {
      this.#sink({ type: 'seal-delta', index: this.#index, seal: detailSeal(detail, this.#origin) })
    }
    this.#open = null
    this.#sink({ type: 'part-end', index: this.#index })
  }

  get #index(): number {
    return this.#count - 1
  }

  #ensure(key: string, head: PartHead): void {
    if (this.#open?.key !== key) this.#start(key, head)
  }

  #start(key: string, part: PartHead, detail: Map<string, JsonText> | null = null): void {
    this.close()
    this.#open = { key, detail }
    this.#sink({ type: 'part-start', index: this.#count++, part })
  }

  #push(text: JsonText): void {
    const whole = this.#surrogates.push(text)
    if (whole !== null) this.#emit(whole, this.#open?.key ?? '')
  }

  #emit(text: JsonText, key: string): void {
    if (key === 'tool-call') this.#sink({ type: 'input-delta', index: this.#index, json: text })
    else this.#sink({ type: 'text-delta', index: this.#index, text })
  }
}

/** A detail that never comes in pieces: each is a part of its own. */
function isWhole(detail: DetailFields | null): boolean {
  const type = detail?.get('type')
  return (
    type !== undefined &&
    type !== toJsonText('reasoning.text') &&
    type !== toJsonText('reasoning.summary') &&
    type !== toJsonText('thinking')
  )
}
