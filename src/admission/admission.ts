import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { AddressRange } from './address-range.ts'
import { clientNetwork } from './client-address.ts'
import type { RateCounter, RateLimitSettings, RateVerdict } from './rate-counter.ts'

export interface Caller {
  /** Null for somebody without a valid key. */
  readonly principal: Principal | null
  readonly headers: Headers
  /** The other end of the connection. */
  readonly peer: string
}

export interface AdmissionOptions {
  /** Is there memory for a request of so many bytes? */
  hasRoom(bytes: number): boolean
  /** So many bytes of a request for which there was have come, or never will. */
  received(bytes: number): void
  /** Null: nobody counts. */
  counter(): RateCounter | null
  /** Counts for keys that have this limit of their own. */
  counterFor(limit: RateLimitSettings): RateCounter
  trustedProxies(): readonly AddressRange[]
  /** Unix milliseconds. */
  wallClock(): number
}

/** Seconds after which a client may ask again that found no room. */
const TRY_AGAIN = 1

/** Whether a request is taken now, whoever makes it. Counts those that are not. */
export class Admission {
  readonly #options: AdmissionOptions
  #rateLimited = 0
  #overloaded = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Throws GatewayError `rate_limited`, `overloaded`. What is admitted is to be `received`. */
  admit({ principal, headers, peer }: Caller): void {
    const counter = this.#options.counter()
    if (principal !== null) this.#admitHolder(principal, counter)
    if (counter !== null) {
      const network = clientNetwork(peer, headers['x-forwarded-for'], this.#options.trustedProxies())
      this.#check(counter.take(`address ${network}`), 'this address')
    }
    if (principal === null || this.#options.hasRoom(lengthOf(headers))) return
    this.#overloaded++
    const message = 'The gateway is short of memory and takes no more requests for a moment.'
    throw new GatewayError('overloaded', message, { retryAfter: TRY_AGAIN })
  }

  /** By the limit of the key itself, else by the one for all. */
  #admitHolder({ tenant, keyName, grant }: Principal, counter: RateCounter | null): void {
    const own = grant?.rateLimit ?? null
    if (own !== null) this.#check(this.#options.counterFor(own).take(tenant), 'this key')
    else if (counter !== null && keyName !== null) this.#check(counter.take(tenant), 'this key')
  }

  /** The body of an admitted request has come, or never will. */
  received({ principal, headers }: Caller): void {
    if (principal !== null) this.#options.received(lengthOf(headers))
  }

  stats(): { readonly rateLimited: number; readonly overloaded: number } {
    return { rateLimited: this.#rateLimited, overloaded: this.#overloaded }
  }

  #check({ allowed, limit, remaining, retryAfter, reset }: RateVerdict, whose: string): void {
    if (allowed) return
    this.#rateLimited++
    throw new GatewayError('rate_limited', `Too many requests from ${whose}: the limit is ${limit}.`, {
      retryAfter: Math.max(1, Math.ceil(retryAfter / 1000)),
      shouldRetry: true,
      rateLimit: { limit, remaining, resetAfter: reset, resetAt: this.#options.wallClock() + reset },
    })
  }
}

/** Bytes of a body, as far as they are announced. */
function lengthOf(headers: Headers): number {
  const length = Number(headers['content-length'] ?? 0)
  return length > 0 ? length : 0
}
