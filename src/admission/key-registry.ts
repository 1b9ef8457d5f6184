import { randomBytes } from 'node:crypto'
import { GatewayError } from '../lib/error.ts'
import type { KeyStore } from './key-store.ts'
import { generateKey, hashKey, maskKey } from './keys.ts'
import type { KeyRules, KeySecret, VirtualKey } from './virtual-key.ts'

/** A key of which somebody is told the secret, once. */
export interface IssuedKey {
  readonly key: VirtualKey
  /** What the client sends. Nobody keeps it. */
  readonly secret: string
}

export interface KeyRegistryOptions {
  /** Opens it where that was not done. */
  store(): Promise<KeyStore>
  /** Does a key of the config have this name? */
  isReserved(name: string): boolean
  /** Something was changed. Resolves when that is in force: whoever asked for it is told then. */
  changed(): Promise<void>
  /** Unix milliseconds. */
  wallClock(): number
}

/** Milliseconds for which the old secret of a rotated key goes on unless something else is asked for. */
export const USUAL_OVERLAP = 3_600_000
/** Secrets of one key that are good at the same time. */
const MOST_SECRETS = 5

/** What may be done to keys of the store. All throw GatewayError: `invalid_request` with status 400, 404 or 409. */
export class KeyRegistry {
  readonly #options: KeyRegistryOptions

  constructor(options: KeyRegistryOptions) {
    this.#options = options
  }

  async create(rules: KeyRules): Promise<IssuedKey> {
    const secret = generateKey()
    const now = this.#options.wallClock()
    const id = `key_${randomBytes(16).toString('base64url')}`
    const secrets = [this.#secretOf(secret, now)]
    const key = { ...rules, id, tenant: id, secrets, createdAt: now, revokedAt: null }
    if (this.#options.isReserved(rules.name)) throw nameTaken(rules.name)
    const store = await this.#options.store()
    if (!(await store.add(key))) throw nameTaken(rules.name)
    await this.#options.changed()
    return { key, secret }
  }

  async list(): Promise<readonly VirtualKey[]> {
    return (await this.#options.store()).list()
  }

  /** By its id, or by its name as long as it is not revoked. */
  async get(idOrName: string): Promise<VirtualKey> {
    const store = await this.#options.store()
    const key = (await store.get(idOrName)) ?? (await store.named(idOrName))
    if (key === null) throw noSuchKey()
    return key
  }

  async change(idOrName: string, changes: Partial<KeyRules>): Promise<VirtualKey> {
    if (changes.name !== undefined && this.#options.isReserved(changes.name)) throw nameTaken(changes.name)
    return this.#change(idOrName, (key) => ({ ...inForce(key), ...changes }))
  }

  /** `overlap`: milliseconds for which the secret before goes on. */
  async rotate(idOrName: string, overlap: number): Promise<IssuedKey> {
    const secret = generateKey()
    const key = await this.#change(idOrName, (before) => {
      const now = this.#options.wallClock()
      const going = inForce(before)
        .secrets.map((old) => ({ ...old, expiresAt: Math.min(old.expiresAt ?? Infinity, now + overlap) }))
        .filter(({ expiresAt }) => expiresAt > now)
      if (going.length >= MOST_SECRETS) {
        throw conflict('This key has been rotated too often within the overlap: wait, or rotate it without overlap.')
      }
      return { ...before, secrets: [...going, this.#secretOf(secret, now)] }
    })
    return { key, secret }
  }

  /** For good. A revoked key stays in the list, so that one can see what there was. */
  revoke(idOrName: string): Promise<VirtualKey> {
    return this.#change(idOrName, (key) => ({ ...key, revokedAt: key.revokedAt ?? this.#options.wallClock() }))
  }

  /** A revoked key leaves the list too. */
  async forget(idOrName: string): Promise<void> {
    const { id, revokedAt } = await this.get(idOrName)
    if (revokedAt === null) throw conflict('This key is not revoked. Only what is revoked can be forgotten.')
    const store = await this.#options.store()
    await store.remove(id)
    await this.#options.changed()
  }

  async #change(idOrName: string, change: (key: VirtualKey) => VirtualKey): Promise<VirtualKey> {
    const { id } = await this.get(idOrName)
    let wanted = ''
    const store = await this.#options.store()
    const result = await store.change(id, (before) => {
      const after = change(before)
      wanted = after.name
      return after
    })
    switch (result.kind) {
      case 'changed':
        await this.#options.changed()
        return result.key
      case 'missing':
        throw noSuchKey()
      case 'name-taken':
        throw nameTaken(wanted)
      default:
        return result satisfies never
    }
  }

  #secretOf(secret: string, now: number): KeySecret {
    return { hash: hashKey(secret), hint: maskKey(secret), createdAt: now, expiresAt: null }
  }
}

function inForce(key: VirtualKey): VirtualKey {
  if (key.revokedAt !== null) throw conflict('This key is revoked, which is for good.')
  return key
}

function noSuchKey(): GatewayError {
  return new GatewayError('invalid_request', 'There is no such key.', { status: 404 })
}

function nameTaken(name: string): GatewayError {
  return new GatewayError('invalid_request', `There is a key named ${JSON.stringify(name)} already.`, {
    status: 409,
    param: 'name',
    shouldRetry: false,
  })
}

function conflict(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { status: 409, shouldRetry: false })
}
