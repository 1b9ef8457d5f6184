import { beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../lib/error.ts'
import { MemoryKeyStore } from '../store/memory/key-store.ts'
import { rulesOf } from './key-json.ts'
import { KeyRegistry } from './key-registry.ts'
import { hashKey, isIntactKey } from './keys.ts'

const HOUR = 3_600_000

describe('KeyRegistry', () => {
  let now = 0
  let store = new MemoryKeyStore()
  let changes = 0
  let registry: KeyRegistry

  beforeEach(() => {
    now = 1_800_000_000_000
    store = new MemoryKeyStore()
    changes = 0
    registry = new KeyRegistry({
      store: async () => store,
      isReserved: (name) => name === 'of the config',
      changed: async () => {
        changes++
      },
      wallClock: () => now,
    })
  })

  const create = (name: string) => registry.create(rulesOf({ name }))
  const statusOf = async (promise: Promise<unknown>): Promise<number> => {
    const thrown: unknown = await promise.then(
      () => null,
      (error: unknown) => error,
    )
    if (thrown instanceof GatewayError) return thrown.status
    throw new Error('did not fail', { cause: thrown })
  }

  it('makes a key, tells its secret once, and keeps its hash', async () => {
    const { key, secret } = await create('me')
    expect(isIntactKey(secret)).toBe(true)
    expect(key.secrets).toEqual([
      { hash: hashKey(secret), hint: `ucr_…${secret.slice(-4)}`, createdAt: now, expiresAt: null },
    ])
    expect(key).toMatchObject({ name: 'me', tenant: key.id, createdAt: now, revokedAt: null })
    expect(key.id).toMatch(/^key_[\w-]{22}$/)
    expect(JSON.stringify(await store.list())).not.toContain(secret)
    expect(changes).toBe(1)
  })

  it('has each name once, those of the config among them', async () => {
    await create('me')
    expect(await statusOf(create('me'))).toBe(409)
    expect(await statusOf(create('of the config'))).toBe(409)
    await create('you')
    expect(await statusOf(registry.change('you', { name: 'me' }))).toBe(409)
    expect(await statusOf(registry.change('you', { name: 'of the config' }))).toBe(409)
  })

  it('finds a key by its id and by its name', async () => {
    const { key } = await create('me')
    expect(await registry.get(key.id)).toEqual(key)
    expect(await registry.get('me')).toEqual(key)
    expect(await statusOf(registry.get('you'))).toBe(404)
    expect(await statusOf(registry.change('you', {}))).toBe(404)
    expect(await statusOf(registry.revoke('__proto__'))).toBe(404)
  })

  it('rotates a key: the new secret at once, the old one until the overlap is over', async () => {
    const { key, secret } = await create('me')
    now += 1000
    const rotated = await registry.rotate('me', HOUR)
    expect(rotated.key).toMatchObject({ id: key.id, tenant: key.tenant })
    expect(rotated.key.secrets).toMatchObject([
      { hash: hashKey(secret), expiresAt: now + HOUR },
      { hash: hashKey(rotated.secret), createdAt: now, expiresAt: null },
    ])
    // What has ended by then is forgotten.
    now += HOUR
    const again = await registry.rotate('me', HOUR)
    expect(again.key.secrets.map(({ hash }) => hash)).toEqual([hashKey(rotated.secret), hashKey(again.secret)])
    const clean = await registry.rotate('me', 0)
    expect(clean.key.secrets.map(({ hash }) => hash)).toEqual([hashKey(clean.secret)])
  })

  it('never makes an overlap longer by rotating again', async () => {
    const { secret } = await create('me')
    await registry.rotate('me', HOUR)
    const { key } = await registry.rotate('me', 10 * HOUR)
    expect(key.secrets[0]).toMatchObject({ hash: hashKey(secret), expiresAt: now + HOUR })
  })

  it('keeps a handful of secrets at most', async () => {
    await create('me')
    for (let times = 0; times < 4; times++) await registry.rotate('me', HOUR)
    expect(await statusOf(registry.rotate('me', HOUR))).toBe(409)
    expect((await registry.rotate('me', 0)).key.secrets).toHaveLength(1)
  })

  it('revokes for good', async () => {
    const { key } = await create('me')
    const revoked = await registry.revoke('me')
    expect(revoked.revokedAt).toBe(now)
    expect(await statusOf(registry.change(key.id, { disabled: false }))).toBe(409)
    expect(await statusOf(registry.rotate(key.id, 0))).toBe(409)
    // By its name it is not found any more, which is free for another.
    expect(await statusOf(registry.revoke('me'))).toBe(404)
    now += 1000
    expect((await registry.revoke(key.id)).revokedAt).toBe(revoked.revokedAt)
    expect((await create('me')).key.id).not.toBe(key.id)
    expect(changes).toBe(4)
  })

  it('forgets what is revoked, and nothing else', async () => {
    const { key } = await create('me')
    expect(await statusOf(registry.forget('me'))).toBe(409)
    await registry.revoke('me')
    await registry.forget(key.id)
    expect(await registry.list()).toEqual([])
    expect(changes).toBe(3)
  })
})
