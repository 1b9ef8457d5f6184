import { hash } from 'node:crypto'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Grant } from './grant.ts'
import { looksLikeToken } from './jwt.ts'
import type { TokenIdentity, TokenVerifier } from './jwt.ts'
import type { KeyRing } from './key-ring.ts'
import { unauthorized } from './unauthorized.ts'

export interface AuthenticationSettings {
  /** Null: no issuer is trusted, and a token is a key like any other that nobody knows. */
  readonly tokens: TokenVerifier | null
  /** Also as long as there is no key. */
  readonly required: boolean
}

/** Whoever reaches an open gateway. */
export const LOCAL: Principal = { tenant: 'local', keyName: null, grant: null }

/** What a token allows by itself. */
const WITHOUT_KEY: Grant = { models: [], routes: null, rateLimit: null, claudeTools: [] }

/** Finds out who makes a request. */
export class Authenticator {
  readonly #ring: KeyRing
  #settings: AuthenticationSettings

  constructor(ring: KeyRing, settings: AuthenticationSettings) {
    this.#ring = ring
    this.#settings = settings
  }

  adopt(settings: AuthenticationSettings): void {
    this.#settings = settings
  }

  /** Everybody who reaches the gateway may use it: nobody has set up who may. */
  get open(): boolean {
    const { tokens, required } = this.#settings
    return !required && tokens === null && this.#ring.empty
  }

  /**
   * Who makes this request. A promise only for a token that was not seen before: nobody waits for a key. Throws, and
   * rejects with, GatewayError `unauthorized`, the same whatever is wrong; `overloaded` while a token cannot be verified,
   * `store_unavailable` while the store of keys cannot be read.
   */
  authenticate(headers: Headers): Principal | Promise<Principal> {
    // Clients on an open gateway send whatever dummy key their SDK insists on.
    if (this.open) return LOCAL
    // In the order in which they count. Claude Code sends the first two when a vendor's key is in the environment beside
    // the gateway's token: the one that is a key here lets it in.
    const known =
      this.#holderOf(headers['x-api-key']?.trim() ?? '') ??
      this.#holderOf(bearerOf(headers['authorization'] ?? '')) ??
      this.#holderOf(headers['x-goog-api-key']?.trim() ?? '')
    if (known !== null) return known
    const { tokens } = this.#settings
    if (tokens === null) throw this.#refusal(headers)
    return this.#verified(headers, tokens)
  }

  #holderOf(credential: string): Principal | null {
    if (credential === '') return null
    // As text: bytes of their own, and these as text, cost several times as much as the hash.
    const digest = hash('sha256', credential, 'hex')
    const holder = this.#ring.find(digest)
    if (holder !== null || this.#settings.tokens === null) return holder
    const identity = this.#settings.tokens.known(digest)
    return identity === null ? null : this.#bearer(identity)
  }

  async #verified(headers: Headers, tokens: TokenVerifier): Promise<Principal> {
    for (const credential of credentialsOf(headers)) {
      if (!looksLikeToken(credential)) continue
      const identity = await tokens.verify(credential, hash('sha256', credential, 'hex'))
      const bearer = this.#bearer(identity)
      if (bearer !== null) return bearer
    }
    throw this.#refusal(headers)
  }

  /** A key that cannot be checked may well be good: its holder is to ask again, not to throw it away. */
  #refusal(headers: Headers): GatewayError {
    if (!this.#ring.locked || !hasCredential(headers)) return unauthorized()
    return new GatewayError('store_unavailable', 'Keys cannot be checked at the moment.', { retryAfter: 1 })
  }

  /** Null where the key that the token stands for is not accepted now. */
  #bearer({ tenant, name, models, key }: TokenIdentity): Principal | null {
    const own = models === null ? [] : [models]
    if (key === null) return { tenant, keyName: name, grant: { ...WITHOUT_KEY, models: own } }
    const holder = this.#ring.named(key)
    if (holder === null) return null
    const rules = holder.grant ?? WITHOUT_KEY
    return { tenant, keyName: name, grant: { ...rules, models: [...rules.models, ...own] } }
  }
}

/** Is there anything that was meant to let somebody in? */
export function hasCredential(headers: Headers): boolean {
  return credentialsOf(headers).some((credential) => credential !== '')
}

function credentialsOf(headers: Headers): readonly string[] {
  return [
    headers['x-api-key']?.trim() ?? '',
    bearerOf(headers['authorization'] ?? ''),
    headers['x-goog-api-key']?.trim() ?? '',
  ]
}

/** Empty where there is none. */
export function bearerOf(authorization: string): string {
  if (authorization === '') return ''
  const field = authorization.trim()
  const scheme = field.slice(0, 6).toLowerCase()
  return scheme === 'bearer' && /^\s/.test(field.slice(6)) ? field.slice(6).trim() : ''
}
