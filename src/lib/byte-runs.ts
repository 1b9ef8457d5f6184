const EMPTY = Buffer.alloc(0)

/** Bytes to send, collected piece by piece. Pieces that follow each other in memory become one view of it: nothing is copied. */
export class ByteRuns {
  #runs: Buffer[] = []
  /** The run that may still grow: its first piece, and where in memory it ends by now. */
  #first: Buffer | null = null
  #end = 0

  add(bytes: Buffer): void {
    if (this.#first !== null && bytes.buffer === this.#first.buffer && bytes.byteOffset === this.#end) {
      this.#end += bytes.length
      return
    }
    this.#endRun()
    this.#first = bytes
    this.#end = bytes.byteOffset + bytes.length
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
    const first = this.#first
    if (first === null) return
    this.#runs.push(Buffer.from(first.buffer, first.byteOffset, this.#end - first.byteOffset))
    this.#first = null
  }
}
