/** One turn's reasoning: encrypted, under a name from which nobody learns whose it is. */
export interface KeptReasoning {
  readonly name: string
  readonly content: Buffer
}

/** Times in milliseconds. */
export interface ReasoningUse {
  /** Unix time. */
  readonly now: number
  readonly ttl: number
}

export interface ReasoningBounds {
  /** Turns. */
  readonly max: number
  /** Of all contents. */
  readonly maxBytes: number
}

/** Where sealed reasoning is kept for clients that do not bring it back. A promise only where it takes time. */
export interface ReasoningStore {
  /** Something may have to be kept soon, and at once then. */
  prepare(): void
  /** In place of what was there under its name. The oldest go where there is no room. */
  put(entry: KeptReasoning, use: ReasoningUse, bounds: ReasoningBounds): void | Promise<void>
  /** Forgets what is there under this name. Cheap where there is nothing, which is nearly always. */
  drop(name: string): void | Promise<void>
  /** Contents by name. What is found lives on for a time to live, at least half of one. */
  find(names: readonly string[], use: ReasoningUse): ReadonlyMap<string, Buffer> | Promise<ReadonlyMap<string, Buffer>>
  close(): void
}
