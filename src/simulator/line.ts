import type { ServerResponse } from 'node:http'

/** A response with its client: whatever waits here stops waiting when the client leaves. */
export class Line {
  readonly response: ServerResponse
  /** The response is over, or the client left. */
  readonly closed: Promise<void>
  #isGone = false
  #wake: (() => void) | null = null

  constructor(response: ServerResponse) {
    this.response = response
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#isGone = true
        this.#wake?.()
        resolve()
      })
    })
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** What the promise gives, or null when the client left before. */
  async unlessGone<Value>(event: Value | Promise<Value>): Promise<Value | null> {
    const value = await Promise.race([event, this.closed])
    return value ?? null
  }

  sleep(milliseconds: number): Promise<void> | null {
    if (milliseconds <= 0 || this.#isGone) return null
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  until(event: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#isGone) resolve()
      const settled = (): void => resolve()
      event.then(settled, settled)
    })
  }
}
