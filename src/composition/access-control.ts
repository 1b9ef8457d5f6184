import { AdminDoor } from '../admission/admin-door.ts'
import { Authenticator } from '../admission/authenticate.ts'
import type { AuthenticationSettings } from '../admission/authenticate.ts'
import { mayCallRoute } from '../admission/grant.ts'
import { TokenVerifier } from '../admission/jwt.ts'
import { KeyRing } from '../admission/key-ring.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import { hashKey } from '../admission/keys.ts'
import { openAdminToken } from '../config/admin-token.ts'
import type { AuthSettings, Config } from '../config/config.ts'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Log } from '../observe/log.ts'
import { keyRoutes } from '../server/key-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import type { WorkerBus } from '../workers/bus.ts'
import type { FetchText } from './fetch-text.ts'
import { KeptKeys } from './kept-keys.ts'
import { keyPlaceOf } from './open-key-store.ts'
import { readKeySet } from './read-key-set.ts'
import type { StateDatabase } from './state-database.ts'

export interface AccessControlOptions {
  readonly config: Pick<Config, 'keys' | 'auth' | 'redis'>
  readonly fetchText: FetchText
  readonly log: Log
  /** Where the admin token is kept; null: nowhere, and there is none. */
  readonly folder: string | null
  /** Where keys are kept, unless that is in Redis. */
  readonly database: StateDatabase
}

/** Reads what was kept. */
export async function openAccessControl(options: AccessControlOptions): Promise<AccessControl> {
  const control = new AccessControl(options, await keptAdminToken(options))
  await control.load()
  return control
}

/** Who may come in, and where. Outlives reloads: what is known of issuers and tokens stays as long as they do. */
class AccessControl {
  readonly routes: readonly PlainRoute[]
  readonly #options: AccessControlOptions
  readonly #ring = new KeyRing(() => Date.now())
  readonly #kept: KeptKeys
  readonly #authenticator: Authenticator
  readonly #adminHash: string | null
  #configured: readonly VirtualKey[]
  #auth: AuthSettings
  #tokens: TokenVerifier | null
  #admin: AdminDoor

  /** `adminHash`: of the token that counts where the config has none. */
  constructor(options: AccessControlOptions, adminHash: string | null) {
    const { keys, auth } = options.config
    this.#options = options
    this.#auth = auth
    this.#configured = keys
    this.#tokens = this.#newVerifier(auth)
    this.#adminHash = adminHash
    this.#admin = new AdminDoor(auth.adminToken ?? adminHash)
    this.#ring.adoptConfigured(keys)
    this.#authenticator = new Authenticator(this.#ring, this.#settings())
    this.#kept = new KeptKeys({
      ring: this.#ring,
      place: keyPlaceOf(options.config, options.database, options.log),
      observer: options.log,
      grace: () => this.#auth.storeGrace,
      now: () => performance.now(),
      isReserved: (name) => this.#configured.some((key) => key.name === name),
    })
    this.routes = keyRoutes({
      registry: this.#kept.registry,
      configured: () => this.#configured,
      wallClock: () => Date.now(),
    })
  }

  /** Everybody who reaches the gateway may use it. */
  get open(): boolean {
    return this.#authenticator.open
  }

  /** How many keys are accepted now. */
  keyCounts(): { readonly configured: number; readonly stored: number } {
    return this.#ring.counts()
  }

  /** What keys are called, by the tenants that their holders are. */
  keyNames(): ReadonlyMap<string, string> {
    return this.#ring.namesByTenant()
  }

  load(): Promise<void> {
    return this.#kept.load()
  }

  share(bus: WorkerBus): Promise<void> {
    // An issuer that does not answer is no reason to wait.
    void this.#tokens?.prepare()
    return this.#kept.share(bus)
  }

  authenticate(headers: Headers): Principal | Promise<Principal> {
    return this.#authenticator.authenticate(headers)
  }

  /** Throws GatewayError `unauthorized`. */
  checkAdmin(headers: Headers): void {
    this.#admin.check(headers)
  }

  isAdmin(headers: Headers): boolean {
    return this.#admin.opensFor(headers)
  }

  /** Throws GatewayError `forbidden`. */
  permit({ grant }: Principal, path: string): void {
    if (!mayCallRoute(grant, path)) throw new GatewayError('forbidden', `This API key may not be used at ${path}.`)
  }

  /** A new config is in force. */
  adopt({ keys, auth }: Pick<Config, 'keys' | 'auth'>): void {
    const before = this.#auth
    this.#auth = auth
    this.#configured = keys
    if (JSON.stringify(before.issuers) !== JSON.stringify(auth.issuers)) {
      this.#tokens = this.#newVerifier(auth)
      void this.#tokens?.prepare()
    }
    this.#admin = new AdminDoor(auth.adminToken ?? this.#adminHash)
    this.#ring.adoptConfigured(keys)
    this.#authenticator.adopt(this.#settings())
  }

  close(): Promise<void> {
    return this.#kept.close()
  }

  #settings(): AuthenticationSettings {
    return { tokens: this.#tokens, required: this.#auth.required }
  }

  #newVerifier({ issuers }: AuthSettings): TokenVerifier | null {
    if (issuers.length === 0) return null
    const { fetchText, log } = this.#options
    log.hide(issuers.flatMap(({ trust }) => (trust.kind === 'secret' ? [trust.secret] : [])))
    return new TokenVerifier(issuers, {
      readKeySet: (place) => readKeySet(place, fetchText),
      wallClock: () => Date.now(),
      now: () => performance.now(),
      refused: (issuer, why) => log.debug(null, 'a token was refused', { issuer, why }),
      unreadable: (issuer, why) => log.warn(null, 'the keys of an issuer cannot be read', { issuer, why }),
    })
  }
}

export type { AccessControl }

/** The hash of the token in the state folder. A gateway that can keep none runs without an admin API. */
async function keptAdminToken({ folder, log }: AccessControlOptions): Promise<string | null> {
  if (folder === null) return null
  try {
    const token = await openAdminToken(folder)
    log.hide([token])
    return hashKey(token)
  } catch (thrown) {
    log.error(null, 'the admin token cannot be kept: there is no admin API', thrown)
    return null
  }
}
