const EMPTY = Buffer.alloc(0)

/** Bytes to send, collected piece by piece. Pieces that follow each other in memory become one view of it: nothing is copied. */
export class ByteRuns {
  #runs: Buffer[] = []
  /** The memory of the run that may still grow, and where in it the run lies. */
  #memory: ArrayBufferLike | null = null
  #start = 0
  #end = 0

  add(bytes: Buffer): void {
    this.addPart(bytes, 0, bytes.length)
  }

  /** The bytes from `start` to before `end`, without a view of them. */
  addPart({ buffer, byteOffset }: Buffer, start: number, end: number): void {
    if (buffer !== this.#memory || byteOffset + start !== this.#end) {
      this.#endRun()
      this.#memory = buffer
      this.#start = byteOffset + start
    }
    this.#end = byteOffset + end
  }

  /** Everything that was added since the last call. */
  take(): Buffer {
    this.#endRun()
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
