import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { AddressRange } from './address-range.ts'
import { clientNetwork } from './client-address.ts'
import type { RateCounter, RateVerdict } from './rate-counter.ts'

export interface RateLimitSettings {
  readonly max: number
  /** Milliseconds. */
  readonly timeWindow: number
}

export interface Caller {
  /** Null for somebody without a valid key. */
  readonly principal: Principal | null
  readonly headers: Headers
  /** The other end of the connection. */
  readonly peer: string
}

export interface AdmissionOptions {
  /** May one more request be served, as far as memory goes? */
  hasRoom(): boolean
  /** Null: nobody counts. */
  counter(): RateCounter | null
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

  /** Throws GatewayError `rate_limited`, `overloaded`. */
  admit({ principal, headers, peer }: Caller): void {
    const counter = this.#options.counter()
    if (counter !== null) {
      if (principal !== null && principal.keyName !== null) this.#check(counter.take(principal.tenant), 'this key')
      const network = clientNetwork(peer, headers['x-forwarded-for'], this.#options.trustedProxies())
      this.#check(counter.take(`address ${network}`), 'this address')
    }
    if (principal === null || this.#options.hasRoom()) return
    this.#overloaded++
    const message = 'The gateway is short of memory and takes no more requests for a moment.'
    throw new GatewayError('overloaded', message, { retryAfter: TRY_AGAIN })
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
