import type { Part } from '../canonical/content.ts'
import type { Event, EventSink } from '../canonical/event.ts'
import type { CanonicalResponse, Finish } from '../canonical/response.ts'
import { decodeJsonString, stringToJson } from '../lib/json.ts'

/** A sink that ends the answer at any of these, for vendors that take fewer stop sequences than were asked for. */
export function stoppingAt(sequences: readonly string[], sink: EventSink): EventSink {
  if (sequences.length === 0) return sink
  const stopper = new Stopper(sequences, sink)
  return (event) => stopper.take(event)
}

/** The same for a whole answer: what the model went on to say is left out. */
export function stoppedAt(sequences: readonly string[], response: CanonicalResponse): CanonicalResponse {
  const parts: Part[] = []
  for (const part of response.parts) {
    const match = part.kind === 'text' ? firstMatch(decodeJsonString(part.text), sequences) : null
    if (part.kind === 'text' && match !== null) {
      return { ...response, parts: [...parts, { ...part, text: stringToJson(match.before) }], finish: stopped(match) }
    }
    parts.push(part)
  }
  return response
}

class Stopper {
  readonly #sequences: readonly string[]
  readonly #sink: EventSink
  #inText = false
  /** The end of the open text, as far as a stop sequence may begin in it. */
  #held = ''
  #stopped = false

  constructor(sequences: readonly string[], sink: EventSink) {
    this.#sequences = sequences
    this.#sink = sink
  }

  take(event: Event): void {
    if (this.#stopped) return
    if (event.type === 'part-start') this.#inText = event.part.kind === 'text'
    if (event.type === 'text-delta' && this.#inText) this.#text(decodeJsonString(event.text), event.index)
    else {
      if (event.type === 'part-end') this.#emit(this.#held, event.index)
      this.#sink(event)
    }
  }

  #text(text: string, index: number): void {
    const whole = this.#held + text
    const match = firstMatch(whole, this.#sequences)
    if (match === null) {
      const held = heldBack(whole, this.#sequences)
      this.#emit(whole.slice(0, whole.length - held), index)
      this.#held = whole.slice(whole.length - held)
      return
    }
    this.#stopped = true
    this.#emit(match.before, index)
    this.#sink({ type: 'part-end', index })
    this.#sink({ type: 'finish', finish: stopped(match), ext: null })
  }

  #emit(text: string, index: number): void {
    this.#held = ''
    if (text !== '') this.#sink({ type: 'text-delta', index, text: stringToJson(text) })
  }
}

interface Match {
  readonly before: string
  readonly sequence: string
}

/** The sequence that is complete first, which does not depend on how the text is cut. */
function firstMatch(text: string, sequences: readonly string[]): Match | null {
  let first: Match | null = null
  let firstEnd = Infinity
  for (const sequence of sequences) {
    const start = sequence === '' ? -1 : text.indexOf(sequence)
    const end = start + sequence.length
    if (start === -1 || end > firstEnd || (end === firstEnd && sequence.length < (first?.sequence.length ?? 0)))
      continue
    first = { before: text.slice(0, start), sequence }
    firstEnd = end
  }
  return first
}

/** How much of the end may be the beginning of a sequence. */
function heldBack(text: string, sequences: readonly string[]): number {
  let most = 0
  for (const sequence of sequences) {
    for (let length = Math.min(sequence.length - 1, text.length); length > most; length--) {
      if (text.endsWith(sequence.slice(0, length))) most = length
    }
  }
  return most
}

function stopped({ sequence }: Match): Finish {
  return { reason: 'stop-sequence', raw: null, stopSequence: sequence, details: null }
}
