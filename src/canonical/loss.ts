/** Something the target protocol cannot say. Reported to the client in `x-ucr-dropped`; refused in strict mode. */
export interface Loss {
  /**
   * Name of what is gone, in the source protocol's spelling and without indices, so that the header stays short:
   * `top_k`, `messages.cache_control`, `tools.input_examples`. Never a value.
   */
  readonly field: string
  /** `dropped`: gone. `substituted`: something near it was sent instead. */
  readonly how: 'dropped' | 'substituted'
  /** One clause for people: "no equivalent in OpenAI Chat", "effort xhigh sent as high". Never a value from a prompt. */
  readonly why: string
}

/** Where encoders report losses. The same field twice is one loss. */
export interface LossSink {
  drop(field: string, why: string): void
  substitute(field: string, why: string): void
}

/** A sink that keeps the losses in the order in which they were first reported. */
export class LossList implements LossSink {
  readonly #byField = new Map<string, Loss>()

  drop(field: string, why: string): void {
    this.#add({ field, how: 'dropped', why })
  }

  substitute(field: string, why: string): void {
    this.#add({ field, how: 'substituted', why })
  }

  get losses(): readonly Loss[] {
    return [...this.#byField.values()]
  }

  get size(): number {
    return this.#byField.size
  }

  #add(loss: Loss): void {
    if (!this.#byField.has(loss.field)) this.#byField.set(loss.field, loss)
  }
}
