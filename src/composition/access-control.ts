import { readFile } from 'node:fs/promises'
import { Authenticator } from '../admission/authenticate.ts'
import type { AuthenticationSettings } from '../admission/authenticate.ts'
import { mayCallRoute } from '../admission/grant.ts'
import { TokenVerifier } from '../admission/jwt.ts'
import type { KeySetPlace } from '../admission/jwt.ts'
import { KeyRing } from '../admission/key-ring.ts'
import type { AuthSettings, Config } from '../config/config.ts'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Observer } from '../observe/observer.ts'
import type { FetchText } from './fetch-text.ts'

export interface AccessControlOptions {
  readonly config: Pick<Config, 'keys' | 'auth'>
  readonly fetchText: FetchText
  readonly observer: Pick<Observer, 'warn' | 'debug'>
}

/** Who may come in, and where. Outlives reloads: what is known of issuers and tokens stays as long as they do. */
export class AccessControl {
  readonly #options: AccessControlOptions
  readonly #ring = new KeyRing(() => Date.now())
  readonly #authenticator: Authenticator
  #auth: AuthSettings
  #tokens: TokenVerifier | null

  constructor(options: AccessControlOptions) {
    const { keys, auth } = options.config
    this.#options = options
    this.#auth = auth
    this.#tokens = this.#newVerifier(auth)
    this.#ring.adoptConfigured(keys)
    this.#authenticator = new Authenticator(this.#ring, this.#settings())
  }

  authenticate(headers: Headers): Principal | Promise<Principal> {
    return this.#authenticator.authenticate(headers)
  }

  /** Throws GatewayError `forbidden`. */
  permit({ grant }: Principal, path: string): void {
    if (!mayCallRoute(grant, path)) throw new GatewayError('forbidden', `This API key may not be used at ${path}.`)
  }

  /** A new config is in force. */
  adopt({ keys, auth }: Pick<Config, 'keys' | 'auth'>): void {
    const before = this.#auth
    this.#auth = auth
    if (JSON.stringify(before.issuers) !== JSON.stringify(auth.issuers)) this.#tokens = this.#newVerifier(auth)
    this.#ring.adoptConfigured(keys)
    this.#authenticator.adopt(this.#settings())
  }

  #settings(): AuthenticationSettings {
    return { tokens: this.#tokens, required: this.#auth.required }
  }

  #newVerifier({ issuers }: AuthSettings): TokenVerifier | null {
    if (issuers.length === 0) return null
    const { fetchText, observer } = this.#options
    return new TokenVerifier(issuers, {
      readKeySet: (place) => readKeySet(place, fetchText),
      wallClock: () => Date.now(),
      now: () => performance.now(),
      refused: (issuer, why) => observer.debug(null, 'a token was refused', { issuer, why }),
      unreadable: (issuer, why) => observer.warn(null, 'the keys of an issuer cannot be read', { issuer, why }),
    })
  }
}

async function readKeySet(place: KeySetPlace, fetchText: FetchText): Promise<string> {
  switch (place.kind) {
    case 'inline':
      return place.text
    case 'file':
      return readFile(place.path, 'utf8')
    case 'url': {
      const { status, body } = await fetchText(place.url, { accept: 'application/json', 'accept-encoding': 'identity' })
      if (status !== 200) throw new Error(`${new URL(place.url).origin} answers ${status}`)
      return body
    }
    default:
      return place satisfies never
  }
}
