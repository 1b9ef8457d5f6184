const EMPTY = Buffer.alloc(0)

/** Bytes to send, collected piece by piece. Pieces that follow each other in memory become one view of it: nothing is copied. */
export class ByteRuns {
  #runs: Buffer[] = []
  /** The memory of the run that may still grow, and where in it the run lies. */
  #memory: ArrayBufferLike | null = null
  #start = 0
  #end = 0
  /** What was added last, its memory and its place there: to ask a view for them is a call out of the program. */
  #view: Buffer | null = null
  #viewMemory: ArrayBufferLike | null = null
  #viewStart = 0

  add(bytes: Buffer): void {
    this.addPart(bytes, 0, bytes.length)
  }

  /** The bytes from `start` to before `end`, without a view of them. */
  addPart(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#view) {
      this.#view = bytes
      this.#viewMemory = bytes.buffer
      this.#viewStart = bytes.byteOffset
    }
    const at = this.#viewStart + start
    if (this.#viewMemory !== this.#memory || at !== this.#end) {
      this.#endRun()
      this.#memory = this.#viewMemory
      this.#start = at
    }
    this.#end = this.#viewStart + end
  }

  /** Everything that was added since the last call. */
  take(): Buffer {
    this.#endRun()
    this.#view = this.#viewMemory = null
    const [only, ...others] = this.#runs
    if (only === undefined) return EMPTY
    const bytes = others.length === 0 ? only : Buffer.concat(this.#runs)
    this.#runs = []
    return bytes
  }

  #endRun(): void {
    if (this.#memory === null) return
    this.#runs.push(Buffer.from(this.#memory, this.#start, this.#end - this.#start))
    this.#memory = null
  }
}
