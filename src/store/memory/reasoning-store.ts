import type { KeptReasoning, ReasoningBounds, ReasoningStore, ReasoningUse } from '../../reasoning/reasoning-store.ts'

interface Entry {
  readonly content: Buffer
  readonly expires: number
}

/** Keeps reasoning as long as the process runs. */
export class MemoryReasoningStore implements ReasoningStore {
  /** The next to end first: all live equally long. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  prepare(): void {}

  put({ name, content }: KeptReasoning, { now, ttl }: ReasoningUse, { max, maxBytes }: ReasoningBounds): void {
    this.drop(name)
    this.#add(name, { content, expires: now + ttl })
    for (const [oldest, { expires }] of this.#entries) {
      if (expires > now && this.#entries.size <= max && this.#bytes <= maxBytes) break
      this.drop(oldest)
    }
  }

  drop(name: string): void {
    this.#bytes -= this.#entries.get(name)?.content.length ?? 0
    this.#entries.delete(name)
  }

  find(names: readonly string[], { now, ttl }: ReasoningUse): ReadonlyMap<string, Buffer> {
    const found = new Map<string, Buffer>()
    for (const name of names) {
      const entry = this.#entries.get(name)
      if (entry === undefined || entry.expires <= now) continue
      found.set(name, entry.content)
      if (entry.expires >= now + ttl / 2) continue
      this.drop(name)
      this.#add(name, { content: entry.content, expires: now + ttl })
    }
    return found
  }

  close(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #add(name: string, entry: Entry): void {
    this.#entries.set(name, entry)
    this.#bytes += entry.content.length
  }
}
