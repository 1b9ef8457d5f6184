import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CacheKeys } from './cache-keys.ts'
import type { MultiLayerCache } from './multi-layer-cache.ts'
import type { RecognisedRequest, WarmValue } from './warm-value.ts'

/** Who asks with which bytes. */
export interface RequestBytes {
  readonly tenant: string
  readonly protocol: ProtocolId
  readonly body: Buffer
}

const MOST_LENGTHS = 10_000

/** Requests that came before with the very same bytes: what was found out about them need not be found out again. */
export class RecognisedRequests {
  readonly #warm: MultiLayerCache<WarmValue>
  readonly #keys: CacheKeys
  /** Of all bodies that are known. A body of another length need not be hashed to know that it is none of them. */
  readonly #lengths = new Set<number>()

  constructor(warm: MultiLayerCache<WarmValue>, keys: CacheKeys) {
    this.#warm = warm
    this.#keys = keys
  }

  find(bytes: RequestBytes): RecognisedRequest | null {
    if (!this.#lengths.has(bytes.body.length)) return null
    const found = this.#warm.get(this.#nameOf(bytes))
    return found?.kind === 'request' ? found : null
  }

  remember(bytes: RequestBytes, request: RecognisedRequest): void {
    if (this.#lengths.size >= MOST_LENGTHS) this.#lengths.clear()
    this.#lengths.add(bytes.body.length)
    this.#warm.set(this.#nameOf(bytes), request)
  }

  clear(): void {
    this.#lengths.clear()
  }

  #nameOf({ tenant, protocol, body }: RequestBytes): string {
    return this.#keys.digest(['request', tenant, protocol], body)
  }
}
