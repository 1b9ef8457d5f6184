import type { CacheUsage } from './compose.ts'
import { digest } from './identity.ts'
import type { JsonObject } from './json-object.ts'
import { listOf } from './json-object.ts'

const MAX_PREFIXES = 10_000

/** Knows the prompts that were sent: a request that begins as an earlier one did reads that part from the cache. */
export class PromptCache {
  readonly #prefixes = new Set<string>()

  /** How much of a prompt of `inputTokens` was known; all of it is known afterwards. */
  look(body: JsonObject, inputTokens: number): CacheUsage {
    const messages = listOf(body['messages']) ?? []
    let prefix = digest(JSON.stringify([body['model'], body['system'] ?? null, body['tools'] ?? null], unmarked))
    let characters = 0
    let knownCharacters = 0
    for (const message of messages) {
      const text = JSON.stringify(message, unmarked)
      characters += text.length
      prefix = digest(prefix + text)
      if (this.#prefixes.has(prefix)) knownCharacters = characters
      else this.#add(prefix)
    }
    const cached = characters === 0 ? 0 : Math.floor((inputTokens * knownCharacters) / characters)
    return { cached, written: inputTokens - cached }
  }

  #add(prefix: string): void {
    const [oldest] = this.#prefixes
    if (oldest !== undefined && this.#prefixes.size >= MAX_PREFIXES) this.#prefixes.delete(oldest)
    this.#prefixes.add(prefix)
  }
}

/** Where the marks stand decides what is cached, not what it is. */
function unmarked(name: string, value: unknown): unknown {
  return name === 'cache_control' || name === 'prompt_cache_breakpoint' ? undefined : value
}
