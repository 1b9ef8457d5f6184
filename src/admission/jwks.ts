import type { CryptoKey, JSONWebKeySet, JWK, JWTHeaderParameters } from 'jose'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'

/** Reads an issuer's JWK set (RFC 7517) as JSON text. Rejects where it cannot be had. */
export type ReadKeySet = () => Promise<string>

/** No keys of this issuer are known, and none can be had now. */
export class KeySetUnavailable extends Error {}

export interface IssuerKeysOptions {
  readonly read: ReadKeySet
  /** Monotonic milliseconds. */
  now(): number
  /** Called with one clause, each time that the keys could not be read. */
  failed(why: string): void
}

/** Milliseconds for which a set is not read again, unless a token names a key that is not in it. */
const FRESH_FOR = 600_000
/** Milliseconds between two readings for keys that are not there: tokens with made-up names must not become a flood. */
const COOL_DOWN = 30_000
/** Milliseconds until it is tried again where nothing is known yet. */
const RETRY_AFTER = 5_000
/** More than any issuer has in use at a time. */
const MOST_KEYS = 100

type FindKey = (header: JWTHeaderParameters) => Promise<CryptoKey>

/**
 * The public keys of one issuer: read when the first token comes, read again when a token names a key that is not known
 * yet, and from time to time. While they cannot be read, those that are known serve on.
 */
export class IssuerKeys {
  /** Goes up each time that other keys come: what was verified with the ones before is to be verified again. */
  generation = 0
  readonly #options: IssuerKeysOptions
  #text: string | null = null
  #find: FindKey | null = null
  #triedAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(options: IssuerKeysOptions) {
    this.#options = options
  }

  /** The keys that a token with this header may have been signed with. Throws KeySetUnavailable, and jose's errors. */
  async candidates(header: JWTHeaderParameters): Promise<readonly CryptoKey[]> {
    if (this.#find === null) await this.#readWithin(RETRY_AFTER)
    else this.freshen()
    const { errors } = await import('jose')
    try {
      return await this.#matching(header)
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown
      const before = this.generation
      await this.#readWithin(COOL_DOWN)
      if (this.generation === before) throw thrown
      return this.#matching(header)
    }
  }

  /** Has the keys read again where that was long ago. Nobody waits for it. */
  freshen(): void {
    if (this.#age() >= FRESH_FOR) void this.#read()
  }

  async #matching(header: JWTHeaderParameters): Promise<readonly CryptoKey[]> {
    if (this.#find === null) throw new KeySetUnavailable()
    const { errors } = await import('jose')
    try {
      return [await this.#find(header)]
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSMultipleMatchingKeys)) throw thrown
      const keys: CryptoKey[] = []
      for await (const key of thrown) keys.push(key)
      return keys
    }
  }

  #age(): number {
    return this.#options.now() - this.#triedAt
  }

  /** Reads unless that was tried a moment ago. */
  async #readWithin(pause: number): Promise<void> {
    if (this.#reading !== null || this.#age() >= pause) await this.#read()
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    this.#triedAt = this.#options.now()
    try {
      const text = await this.#options.read()
      if (text === this.#text) return
      const { createLocalJWKSet } = await import('jose')
      this.#find = createLocalJWKSet(keySetOf(text))
      this.#text = text
      this.generation++
    } catch (thrown) {
      this.#options.failed(thrown instanceof Error ? thrown.message : 'they cannot be read')
    }
  }
}

function keySetOf(text: string): JSONWebKeySet {
  const value = parsed(text)
  const keys = value !== null && typeof value === 'object' && !Array.isArray(value) ? value['keys'] : null
  if (!Array.isArray(keys)) throw new Error('what was read is no JWK set')
  if (keys.length > MOST_KEYS) throw new Error(`the JWK set holds more than ${MOST_KEYS} keys`)
  // One key of a kind that nobody knows must not take the others away.
  return { keys: keys.filter(isKey) }
}

/** The rest of it is for jose to judge. */
function isKey(value: unknown): value is JWK {
  return value !== null && typeof value === 'object' && 'kty' in value && typeof value.kty === 'string'
}

function parsed(text: string): JsonValue {
  try {
    return parseJson(text)
  } catch {
    throw new Error('what was read is no JSON')
  }
}
