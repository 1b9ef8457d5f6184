import { isAscii } from 'node:buffer'
import { FrameMemory } from './frame-memory.ts'
import { scannedLiteral } from './json.ts'
import type { JsonNode, JsonText } from './json.ts'
import type { KnownEvents } from './sse.ts'

/**
 * Knows events again that differ from the ones before in a piece of text only, as nearly all events of an answer do, and
 * takes the text out of them. Nothing else that a decoder learned from the ones before has changed, so it need not read them.
 */
export class TextEvents implements KnownEvents {
  readonly #memory = new FrameMemory()
  readonly #onText: (text: JsonText) => void
  /** Which of the strings that change is the text; -1 where there is none. */
  #place = -1
  /** The text of a chunk with many events, decoded once. */
  #decoded: { readonly buffer: Buffer; readonly latin1: string } | null = null

  constructor(onText: (text: JsonText) => void) {
    this.#onText = onText
  }

  /**
   * Learns from an event, whose data is `line`. `text`: the string whose content goes to the decoder, and after which it is
   * as before but for that. `ignored`: strings that tell it nothing.
   */
  learn(event: Buffer, line: Buffer, text: JsonNode, ignored: readonly (JsonNode | undefined)[] = []): void {
    this.#place = -1
    const data = line.byteOffset - event.byteOffset
    if (!this.#memory.learn(event)) return
    const places = new Set(ignored.map((node) => (node === undefined ? -1 : this.#memory.placeOf(data + node.start))))
    const place = this.#memory.placeOf(data + text.start)
    const known = places.add(place)
    for (let at = 0; at < this.#memory.places; at++) if (!known.has(at)) return
    this.#place = place
  }

  /** Something came after which the decoder is not as it was. */
  forget(): void {
    this.#place = -1
  }

  /** Before each chunk: the memory of the one before is the caller's. */
  release(): void {
    this.#decoded = null
  }

  endOf(buffer: Buffer, start: number): number {
    return this.#place === -1 ? -1 : this.#memory.endOf(buffer, start)
  }

  take(buffer: Buffer, start: number, end: number): void {
    const [from, to] = this.#memory.contentOf(this.#place)
    this.#onText(this.#textOf(buffer, from - 1, to + 1, end - start))
  }

  #textOf(buffer: Buffer, start: number, end: number, eventLength: number): JsonText {
    if (buffer.length < 3 * eventLength) return scannedLiteral(buffer.toString('utf8', start, end))
    if (this.#decoded?.buffer !== buffer) {
      this.#decoded = { buffer, latin1: isAscii(buffer) ? buffer.toString('latin1') : '' }
    }
    const { latin1 } = this.#decoded
    return scannedLiteral(latin1 === '' ? buffer.toString('utf8', start, end) : latin1.slice(start, end))
  }
}
