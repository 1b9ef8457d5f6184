import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { maskKey } from '../admission/keys.ts'
import { parseJson } from '../lib/json.ts'
import { configFolder } from './locate.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { ConfigError, problemWithoutPlace } from './problem.ts'
import type { Environment } from './variables.ts'

/** `github-copilot`: the long-lived token of a device login, for which short-lived ones are fetched. */
type CredentialType = 'api-key' | 'github-copilot'

/** What `ucr auth login` keeps for one provider. */
export interface StoredCredential {
  /** Id of the provider. */
  readonly provider: string
  readonly type: CredentialType
  readonly secret: string
  /** Scheme, host and port that it may be sent to; null: the vendor's own. */
  readonly origin: string | null
}

/** What displays may show of one. */
export interface CredentialSummary {
  readonly provider: string
  readonly type: CredentialType
  /** The secret's last four characters, or nothing of a short one. */
  readonly hint: string
  readonly origin: string | null
}

const recordSchema = z.object({
  type: z.enum(['api-key', 'github-copilot']),
  origin: z.nullable(z.string()),
  nonce: z.string(),
  sealed: z.string(),
})

const fileSchema = z.object({ version: z.literal(1), records: z.record(z.string(), recordSchema) })

type StoreRecord = z.output<typeof recordSchema>

export interface StoreLocation {
  /** `credentials.json`; its key file `store.key` lies beside it. */
  readonly path: string
  /** From `UCR_STORE_KEY`; null: the key file. */
  readonly key: string | null
}

/** A folder of its own, so that it can be closed to everybody else without touching the rest of the config folder. */
export function storeLocation(environment: Environment, home: string): StoreLocation {
  const key = environment['UCR_STORE_KEY']?.trim() ?? ''
  return {
    path: join(configFolder(environment, home), 'credentials', 'credentials.json'),
    key: key === '' ? null : key,
  }
}

/**
 * The credentials on disk: each record encrypted with AES-256-GCM under its own nonce and bound to its provider, type and
 * origin, so that a record moved to another name does not decrypt. The copy of the file alone is useless.
 *
 * Every method reads the file afresh; writes replace it whole. All throw ConfigError when the file is not ours, not
 * private, or was written with another key.
 */
export class CredentialStore {
  readonly path: string
  readonly #location: StoreLocation

  constructor(location: StoreLocation) {
    this.path = location.path
    this.#location = location
  }

  async list(): Promise<readonly CredentialSummary[]> {
    const credentials = await this.all()
    return credentials.map(({ provider, type, secret, origin }) => ({ provider, type, hint: maskKey(secret), origin }))
  }

  async all(): Promise<readonly StoredCredential[]> {
    const records = await this.#read()
    if (records.size === 0) return []
    const key = await this.#key('read')
    return [...records].map(([provider, record]) => this.#open(provider, record, key))
  }

  async get(provider: string): Promise<StoredCredential | null> {
    const record = (await this.#read()).get(provider)
    return record === undefined ? null : this.#open(provider, record, await this.#key('read'))
  }

  async set(credential: StoredCredential): Promise<void> {
    const records = await this.#read()
    const key = await this.#key(records.size === 0 ? 'create' : 'read')
    // A wrong key must not leave a file that no single key opens.
    for (const [provider, record] of records) this.#open(provider, record, key)
    records.set(credential.provider, seal(credential, key))
    await this.#write(records)
  }

  /** False: there was none. */
  async delete(provider: string): Promise<boolean> {
    const records = await this.#read()
    if (!records.delete(provider)) return false
    await this.#write(records)
    return true
  }

  async #read(): Promise<Map<string, StoreRecord>> {
    const content = await readPrivateFile(this.path)
    if (content === null) return new Map()
    const parsed = fileSchema.safeParse(parseOrNull(content))
    if (parsed.success) return new Map(Object.entries(parsed.data.records))
    throw this.#problem('is not a file of stored credentials', 'move it away, and log in again with "ucr auth login"')
  }

  async #write(records: ReadonlyMap<string, StoreRecord>): Promise<void> {
    const content = { version: 1, records: Object.fromEntries(records) }
    await writePrivateFile(this.path, `${JSON.stringify(content, null, 2)}\n`)
  }

  /** The key for records, derived: the same master key may come to serve other purposes, and none opens what another sealed. */
  async #key(mode: 'read' | 'create'): Promise<Buffer> {
    const master = this.#location.key === null ? await this.#keyFile(mode) : this.#environmentKey(this.#location.key)
    return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), 'ucr stored credentials 1', 32))
  }

  #environmentKey(text: string): Buffer {
    const key = parseKey(text)
    if (key !== null) return key
    const fix = 'set it to the output of: openssl rand -base64 32'
    const message = 'must be 32 bytes in base64 or hexadecimal'
    throw new ConfigError([problemWithoutPlace({ severity: 'error', field: 'UCR_STORE_KEY', message, fix })])
  }

  async #keyFile(mode: 'read' | 'create'): Promise<Buffer> {
    const path = join(this.path, '..', 'store.key')
    const content = await readPrivateFile(path)
    if (content !== null) {
      const key = parseKey(content.toString('latin1').trim())
      if (key !== null) return key
      throw this.#problem('has a broken key file', `remove ${path} and the file, and log in again`)
    }
    if (mode === 'read') {
      throw this.#problem(
        'has lost its key file',
        `bring back ${path}, set UCR_STORE_KEY, or remove the file and log in again`,
      )
    }
    const key = randomBytes(32)
    await writePrivateFile(path, `${key.toString('base64')}\n`)
    return key
  }

  #open(provider: string, record: StoreRecord, key: Buffer): StoredCredential {
    const { type, origin } = record
    try {
      const sealed = Buffer.from(record.sealed, 'base64')
      const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(record.nonce, 'base64'), { authTagLength: 16 })
      cipher.setAAD(bindingOf({ provider, type, origin }))
      cipher.setAuthTag(sealed.subarray(-16))
      const secret = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]).toString('utf8')
      return { provider, type, secret, origin }
    } catch {
      const fix = 'use the key that it was written with, or remove the file and log in again'
      throw this.#problem(`has a record for ${JSON.stringify(provider)} that this key does not open`, fix)
    }
  }

  #problem(message: string, fix: string): ConfigError {
    return new ConfigError([
      problemWithoutPlace({ severity: 'error', file: this.path, message: `the store of credentials ${message}`, fix }),
    ])
  }
}

function seal(credential: StoredCredential, key: Buffer): StoreRecord {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(bindingOf(credential))
  const sealed = Buffer.concat([cipher.update(credential.secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const { type, origin } = credential
  return { type, origin, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') }
}

function bindingOf({ provider, type, origin }: Omit<StoredCredential, 'secret'>): Buffer {
  return Buffer.from(JSON.stringify([provider, type, origin]))
}

function parseKey(text: string): Buffer | null {
  const isHex = /^[0-9a-f]{64}$/i.test(text)
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null
  return Buffer.from(text, isHex ? 'hex' : 'base64')
}

function parseOrNull(content: Buffer): unknown {
  try {
    return parseJson(content.toString('utf8'))
  } catch {
    return null
  }
}
