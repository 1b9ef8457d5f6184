/** Lets those who want the same thing have it one after the other, in the order in which they came. */
export class TurnQueue {
  readonly #tails = new Map<string, Promise<void>>()

  /** Resolves when all who came before have left. The result is to be called once, to leave. */
  async enter(key: string): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#tails.get(key)
    this.#tails.set(key, promise)
    await before
    return () => {
      // Whoever is the last one leaves nothing behind.
      if (this.#tails.get(key) === promise) this.#tails.delete(key)
      resolve()
    }
  }

  /** Things that somebody has, or waits for. */
  get size(): number {
    return this.#tails.size
  }
}
