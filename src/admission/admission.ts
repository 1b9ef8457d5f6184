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
  /** Counts for whoever has this limit: a key of its own, an address of wrong keys. */
  counterFor(limit: RateLimitSettings): RateCounter
  failureLimit(): RateLimitSettings
  trustedProxies(): readonly AddressRange[]
  /** For the operator: somebody is over such a limit, for the first time. `setting`: where it is raised. */
  reached(what: string, limit: number, setting: string): void
  /** Unix milliseconds. */
  wallClock(): number
}

/** Seconds after which a client may ask again that found no room. */
const TRY_AGAIN = 1

/** Whether a request is taken now, whoever makes it. Counts those that are not. */
export class Admission {
  readonly #options: AdmissionOptions
  /** Of these the operator was told. */
  readonly #reached = new Set<Limit>()
  #rateLimited = 0
  #overloaded = 0
  #wrongCredentials = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * Throws GatewayError `rate_limited`, `overloaded`, `store_unavailable`. A promise only where somebody else counts. What is
   * admitted is to be `received`.
   */
  admit(caller: Caller): void | Promise<void> {
    const counted = this.#count(caller)
    if (counted instanceof Promise) return counted.then(() => this.#admitBody(caller))
    this.#admitBody(caller)
  }

  /** Somebody has sent a wrong key or token. Throws GatewayError `rate_limited` where that happens too often. */
  failed(caller: Caller): void | Promise<void> {
    this.#wrongCredentials++
    const counter = this.#options.counterFor(this.#options.failureLimit())
    return this.#check(counter.take(`failure ${this.#networkOf(caller)}`), WRONG)
  }

  /** Whoever has a key by the key, wherever it is used: an office or a proxy is one address. Others by their address. */
  #count(caller: Caller): void | Promise<void> {
    const { principal } = caller
    const counter = this.#options.counter()
    const own = principal?.grant?.rateLimit ?? null
    if (principal !== null && own !== null) {
      return this.#check(this.#options.counterFor(own).take(principal.tenant), OF_KEY)
    }
    if (counter === null) return undefined
    if (principal !== null && principal.keyName !== null) return this.#check(counter.take(principal.tenant), OF_KEY)
    return this.#check(counter.take(`address ${this.#networkOf(caller)}`), OF_ADDRESS)
  }

  #admitBody({ principal, headers }: Caller): void {
    if (principal === null || this.#options.hasRoom(lengthOf(headers))) return
    this.#overloaded++
    const message = 'The gateway is short of memory and takes no more requests for a moment.'
    throw new GatewayError('overloaded', message, { retryAfter: TRY_AGAIN })
  }

  #networkOf({ peer, headers }: Caller): string {
    return clientNetwork(peer, headers['x-forwarded-for'], this.#options.trustedProxies())
  }

  /** The body of an admitted request has come, or never will. */
  received({ principal, headers }: Caller): void {
    if (principal !== null) this.#options.received(lengthOf(headers))
  }

  stats(): { readonly rateLimited: number; readonly overloaded: number; readonly wrongCredentials: number } {
    return {
      rateLimited: this.#rateLimited,
      overloaded: this.#overloaded,
      wrongCredentials: this.#wrongCredentials,
    }
  }

  #check(verdict: RateVerdict | Promise<RateVerdict>, of: Limit): void | Promise<void> {
    if (verdict instanceof Promise) return verdict.then((late) => this.#judge(late, of))
    this.#judge(verdict, of)
  }

  #judge({ allowed, limit, remaining, retryAfter, reset }: RateVerdict, of: Limit): void {
    if (allowed) return
    this.#rateLimited++
    if (!this.#reached.has(of)) this.#options.reached(of.what, limit, of.setting)
    this.#reached.add(of)
    throw new GatewayError('rate_limited', `Too many ${of.what}: the limit is ${limit}.`, {
      retryAfter: Math.max(1, Math.ceil(retryAfter / 1000)),
      shouldRetry: true,
      rateLimit: { limit, remaining, resetAfter: reset, resetAt: this.#options.wallClock() + reset },
    })
  }
}

/** Something that there may be too much of. */
interface Limit {
  readonly what: string
  /** Where the config has it. */
  readonly setting: string
}

const OF_KEY: Limit = {
  what: 'requests from this key',
  setting: '"rateLimit" of the key, or "server.rateLimit" for all',
}
const OF_ADDRESS: Limit = { what: 'requests from this address', setting: '"server.rateLimit"' }
const WRONG: Limit = { what: 'wrong keys from this address', setting: '"auth.failureLimit"' }

/** Bytes of a body, as far as they are announced. */
function lengthOf(headers: Headers): number {
  const length = Number(headers['content-length'] ?? 0)
  return length > 0 ? length : 0
}
