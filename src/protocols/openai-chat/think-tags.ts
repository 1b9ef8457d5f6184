/** A piece of content, told apart by the tags around it. */
export interface TaggedPiece {
  readonly kind: 'reasoning' | 'text'
  readonly text: string
}

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Finds the reasoning that some servers write as `<think>...</think>` in front of the content. It survives any cut of the
 * tags, and only looks at the start: further on the model may well talk about such tags.
 */
export class ThinkTagScanner {
  #state: 'start' | 'inside' | 'behind' | 'text' = 'start'
  #held = ''

  /** The start is over: all that follows is text, and need not be pushed. */
  get isTransparent(): boolean {
    return this.#state === 'text'
  }

  push(text: string): readonly TaggedPiece[] {
    const pieces: TaggedPiece[] = []
    this.#held += text
    for (;;) {
      const before = this.#state
      this.#step(pieces)
      if (this.#state === before) return pieces
    }
  }

  /** At the end of the content, or where a tool call follows: what was held back in case a tag went on. */
  flush(): readonly TaggedPiece[] {
    const pieces: TaggedPiece[] = []
    this.#emit(pieces, this.#state === 'inside' ? 'reasoning' : 'text', this.#held)
    this.#held = ''
    this.#state = 'text'
    return pieces
  }

  #step(pieces: TaggedPiece[]): void {
    const held = this.#held
    switch (this.#state) {
      case 'start': {
        const trimmed = held.trimStart()
        if (trimmed.startsWith(OPEN)) {
          this.#held = trimmed.slice(OPEN.length)
          this.#state = 'inside'
        } else if (!OPEN.startsWith(trimmed)) {
          this.#state = 'text'
        }
        return
      }
      case 'inside': {
        const close = held.indexOf(CLOSE)
        const end = close === -1 ? held.length - heldBack(held) : close
        this.#emit(pieces, 'reasoning', held.slice(0, end))
        this.#held = held.slice(close === -1 ? end : close + CLOSE.length)
        if (close !== -1) this.#state = 'behind'
        return
      }
      case 'behind':
        // The chat template's blank lines between the reasoning and the answer.
        this.#held = held.trimStart()
        if (this.#held !== '') this.#state = 'text'
        return
      case 'text':
        this.#emit(pieces, 'text', held)
        this.#held = ''
        return
      default:
        this.#state satisfies never
    }
  }

  #emit(pieces: TaggedPiece[], kind: TaggedPiece['kind'], text: string): void {
    if (text !== '') pieces.push({ kind, text })
  }
}

/** How many characters at the end may be the beginning of the closing tag. */
function heldBack(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length
  }
  return 0
}
