import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { CredentialStore, type StoredCredential, storeLocation } from './credentials.ts'
import { ConfigError } from './problem.ts'

const SECRET = 'sk-canary-0123456789-wxyz'
const work: StoredCredential = { provider: 'work', type: 'api-key', secret: SECRET, origin: null }
const copilot: StoredCredential = {
  provider: 'github-copilot',
  type: 'github-copilot',
  secret: 'gho_canary_9876',
  origin: 'https://api.githubcopilot.com',
}

function newStore(key: string | null = null) {
  const home = temporaryFolder()
  const environment = key === null ? {} : { UCR_STORE_KEY: key }
  const location = storeLocation(environment, home)
  return {
    home,
    folder: join(home, '.config', 'ucr', 'credentials'),
    path: location.path,
    store: new CredentialStore(location),
  }
}

async function refusal(done: Promise<unknown>): Promise<ConfigError> {
  const error = await done.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ConfigError) return error
  throw error
}

describe('CredentialStore', () => {
  it('is empty where nothing is stored, and makes no files by reading', async () => {
    const { home, store } = newStore()
    expect([await store.list(), await store.all(), await store.get('work'), await store.delete('work')]).toEqual([
      [],
      [],
      null,
      false,
    ])
    expect(readdirSync(home)).toEqual([])
  })

  it('gives back what was set, and replaces it', async () => {
    const { store } = newStore()
    await store.set(work)
    await store.set(copilot)
    await store.set({ ...work, secret: 'another-secret' })
    expect(await store.all()).toEqual([{ ...work, secret: 'another-secret' }, copilot])
    expect(await store.get('github-copilot')).toEqual(copilot)
  })

  it('deletes one and keeps the others', async () => {
    const { store } = newStore()
    await store.set(work)
    await store.set(copilot)
    expect(await store.delete('work')).toBe(true)
    expect(await store.all()).toEqual([copilot])
    expect(await store.delete('work')).toBe(false)
  })

  it('shows the last four characters only', async () => {
    const { store } = newStore()
    await store.set(work)
    expect(await store.list()).toEqual([{ provider: 'work', type: 'api-key', hint: '…wxyz', origin: null }])
  })

  it('takes any secret, and a provider named as a property that every object has', async () => {
    const { store } = newStore()
    const odd = { ...work, provider: 'constructor', secret: '"\n\u0000ü🦀' }
    await store.set(odd)
    expect(await store.get('constructor')).toEqual(odd)
  })

  it.skipIf(process.platform === 'win32')('keeps files and folder for their owner alone', async () => {
    const { folder, store } = newStore()
    await store.set(work)
    const modes = [folder, join(folder, 'credentials.json'), join(folder, 'store.key')].map(
      (path) => statSync(path).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600])
  })

  it('has no secret in its file, and none when it is printed', async () => {
    const { path, store } = newStore()
    await store.set(work)
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain('canary')
    expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 20))
    expect(inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store)).not.toContain('canary')
  })

  it('encrypts the same secret differently each time', async () => {
    const { path, store } = newStore()
    await store.set(work)
    const first = JSON.parse(readFileSync(path, 'utf8')).records.work
    await store.set(work)
    const second = JSON.parse(readFileSync(path, 'utf8')).records.work
    expect(first.nonce).not.toBe(second.nonce)
    expect(first.sealed).not.toBe(second.sealed)
  })

  it.each(['base64', 'hex', 'base64url'] as const)(
    'uses UCR_STORE_KEY in %s, and writes no key file then',
    async (encoding) => {
      const { folder, store } = newStore(randomBytes(32).toString(encoding))
      await store.set(work)
      expect(await store.get('work')).toEqual(work)
      expect(readdirSync(folder)).toEqual(['credentials.json'])
    },
  )

  it('says what is wrong with a bad UCR_STORE_KEY, without showing it', async () => {
    const { store } = newStore('canary-too-short')
    const error = await refusal(store.set(work))
    expect(error.problems).toMatchObject([
      { field: 'UCR_STORE_KEY', fix: 'set it to the output of: openssl rand -base64 32' },
    ])
    expect(error.message).not.toContain('canary')
  })

  it('does not open with another key, and is not damaged by trying to write with it', async () => {
    const { home, path, store } = newStore(randomBytes(32).toString('base64'))
    await store.set(work)
    const before = readFileSync(path)
    const other = new CredentialStore(storeLocation({ UCR_STORE_KEY: randomBytes(32).toString('base64') }, home))
    const error = await refusal(other.get('work'))
    expect(error.message).toContain('"work" that this key does not open')
    await refusal(other.set(copilot))
    expect(readFileSync(path)).toEqual(before)
  })

  it.each([
    ['moved to another provider', (records: Records) => ({ home: records['work'] })],
    [
      'sent to another origin',
      ({ work: record }: Records) => ({ work: { ...record, origin: 'https://evil.example' } }),
    ],
    ['given another type', ({ work: record }: Records) => ({ work: { ...record, type: 'github-copilot' } })],
    [
      'changed in a bit',
      ({ work: record }: Records) => ({ work: { ...record, sealed: flipped(String(record?.['sealed'])) } }),
    ],
    ['cut', ({ work: record }: Records) => ({ work: { ...record, sealed: 'AAAA' } })],
    ['given a short nonce', ({ work: record }: Records) => ({ work: { ...record, nonce: '' } })],
  ])('refuses a record that was %s', async (_, change) => {
    const { path, store } = newStore()
    await store.set(work)
    const file = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...file, records: change(file.records) }))
    expect((await refusal(store.all())).message).toContain('that this key does not open')
  })

  it.each(['', '{}', 'not json', '{"work":{"provider":"work","apiKey":"canary"}}', '{"version":2,"records":{}}'])(
    'refuses a file with %j, without showing it',
    async (text) => {
      const { path, store } = newStore()
      await store.set(work)
      writeFileSync(path, text)
      const error = await refusal(store.all())
      expect(error.message).toContain('is not a file of stored credentials')
      expect(error.message).not.toContain('canary')
    },
  )

  it('says so when the key file is gone, and makes no new one over old records', async () => {
    const { folder, store } = newStore()
    await store.set(work)
    rmSync(join(folder, 'store.key'))
    expect((await refusal(store.all())).message).toContain('has lost its key file')
    await refusal(store.set(copilot))
    expect(readdirSync(folder)).toEqual(['credentials.json'])
  })

  it('goes on with its key file after the last record is deleted', async () => {
    const { folder, store } = newStore()
    await store.set(work)
    const key = readFileSync(join(folder, 'store.key'))
    await store.delete('work')
    await store.set(copilot)
    expect(readFileSync(join(folder, 'store.key'))).toEqual(key)
  })
})

type Records = Record<string, Record<string, unknown> | undefined>

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}
