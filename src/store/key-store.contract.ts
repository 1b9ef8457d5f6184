import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyStore } from '../admission/key-store.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'

/** One store under test, and what it takes to close it. */
export interface KeyStoreUnderTest {
  readonly store: KeyStore
  close(): Promise<void>
}

const NOW = 1_800_000_000_000

function keyOf(id: string, more: Partial<VirtualKey> = {}): VirtualKey {
  return {
    id,
    tenant: id,
    name: id,
    owner: null,
    models: null,
    routes: null,
    rateLimit: null,
    claudeTools: [],
    expiresAt: null,
    disabled: false,
    metadata: {},
    secrets: [{ hash: `sha256:${id.padStart(64, '0')}`, hint: 'ucr_…abcd', createdAt: NOW, expiresAt: null }],
    createdAt: NOW,
    revokedAt: null,
    ...more,
  }
}

const FULL = keyOf('full', {
  tenant: 'key_of_the_tenant',
  name: 'Laptop of Ann',
  owner: 'ann@example.com',
  models: ['claude-*', 'ü"\'; DROP TABLE keys; --'],
  routes: [],
  rateLimit: { max: 5, timeWindow: 1500 },
  claudeTools: ['Read', 'Bash(git *)'],
  expiresAt: NOW + 1,
  disabled: true,
  metadata: { team: 'search', __proto__x: '', 'a"b': '\u0000' },
  secrets: [
    { hash: `sha256:${'1'.repeat(64)}`, hint: 'ucr_…aaaa', createdAt: NOW - 1, expiresAt: NOW + 5 },
    { hash: `sha256:${'0'.repeat(64)}`, hint: 'ucr_…bbbb', createdAt: NOW, expiresAt: null },
  ],
  revokedAt: NOW + 2,
})

/** What every store of keys has to do. `open` gives one that is empty. */
export function describeKeyStore(name: string, open: () => Promise<KeyStoreUnderTest>): void {
  describe(`${name} as a store of keys`, () => {
    let opened: KeyStoreUnderTest
    let store: KeyStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const names = async (): Promise<readonly string[]> => (await store.list()).map((key) => key.name)

    it('gives back what was put in', async () => {
      expect(await store.add(FULL)).toBe(true)
      expect(await store.add(keyOf('plain'))).toBe(true)
      expect(await store.get('full')).toEqual(FULL)
      expect(await store.get('plain')).toEqual(keyOf('plain'))
      expect(await store.get('other')).toBeNull()
    })

    it('lists all of them, oldest first', async () => {
      await store.add(keyOf('first'))
      await store.add(keyOf('second', { createdAt: NOW + 1 }))
      await store.add(keyOf('third', { createdAt: NOW + 2, revokedAt: NOW + 3 }))
      expect(await names()).toEqual(['first', 'second', 'third'])
    })

    it('has a name once, until its key is revoked', async () => {
      await store.add(keyOf('one', { name: 'me' }))
      expect(await store.add(keyOf('two', { name: 'me' }))).toBe(false)
      expect(await store.get('two')).toBeNull()
      await store.change('one', (key) => ({ ...key, revokedAt: NOW }))
      expect(await store.add(keyOf('two', { name: 'me' }))).toBe(true)
      expect(await store.add(keyOf('three', { name: 'ME' }))).toBe(true)
    })

    it('changes a key, secrets and all', async () => {
      await store.add(keyOf('one'))
      await store.add(keyOf('other'))
      const { id: _, tenant: __, ...rest } = FULL
      const expected = { ...keyOf('one'), ...rest }
      expect(await store.change('one', (key) => ({ ...key, ...rest }))).toEqual({ kind: 'changed', key: expected })
      expect(await store.get('one')).toEqual(expected)
      expect(await store.get('other')).toEqual(keyOf('other'))
    })

    it('says why it changes nothing', async () => {
      await store.add(keyOf('one', { name: 'me' }))
      await store.add(keyOf('two', { name: 'you' }))
      expect(await store.change('three', (key) => key)).toEqual({ kind: 'missing' })
      expect(await store.change('two', (key) => ({ ...key, name: 'me' }))).toEqual({ kind: 'name-taken' })
      expect(await store.get('two')).toMatchObject({ name: 'you' })
      // Its own name is not taken.
      expect(await store.change('two', (key) => ({ ...key, owner: 'ann' }))).toMatchObject({ kind: 'changed' })
    })

    it('leaves everything as it was where a change fails, and goes on', async () => {
      await store.add(keyOf('one'))
      const failing = store.change('one', () => {
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await store.get('one')).toEqual(keyOf('one'))
      expect(await store.change('one', (key) => ({ ...key, disabled: true }))).toMatchObject({ kind: 'changed' })
    })

    it('loses none of many changes at once', async () => {
      await store.add(keyOf('one', { metadata: { count: '0' } }))
      const increment = (key: VirtualKey): VirtualKey => ({
        ...key,
        metadata: { count: String(Number(key.metadata['count']) + 1) },
      })
      await Promise.all(Array.from({ length: 50 }, () => store.change('one', increment)))
      expect((await store.get('one'))?.metadata).toEqual({ count: '50' })
    })

    it('finds a key by its name, unless it is revoked', async () => {
      await store.add(keyOf('old', { name: 'me', revokedAt: NOW }))
      expect(await store.named('me')).toBeNull()
      await store.add(keyOf('new', { name: 'me' }))
      expect(await store.named('me')).toEqual(keyOf('new', { name: 'me' }))
      expect(await store.named('ME')).toBeNull()
    })

    it('tells what is different since each version', async () => {
      await store.add(keyOf('one'))
      const first = await store.changes(null)
      expect(first).toMatchObject({ isAll: true, keys: [{ id: 'one' }] })
      expect(await store.changes(first.version)).toEqual({ version: first.version, keys: [], isAll: false })

      await store.add(keyOf('two'))
      await store.add(keyOf('three'))
      const second = await store.changes(first.version)
      expect(second.isAll).toBe(false)
      expect(second.keys.map(({ id }) => id).toSorted()).toEqual(['three', 'two'])

      await store.change('one', (key) => ({ ...key, disabled: true }))
      const third = await store.changes(second.version)
      expect(third).toMatchObject({ isAll: false, keys: [{ id: 'one', disabled: true, secrets: [{}] }] })
      expect((await store.changes(first.version)).keys).toHaveLength(3)
    })

    it('tells everything where a key is gone since', async () => {
      await store.add(keyOf('one'))
      await store.add(keyOf('two'))
      const { version } = await store.changes(null)
      await store.remove('one')
      const after = await store.changes(version)
      expect(after).toMatchObject({ isAll: true, keys: [{ id: 'two' }] })
      expect(await store.changes(after.version)).toMatchObject({ isAll: false, keys: [] })
    })

    it('forgets a key, its secrets and its name', async () => {
      await store.add(keyOf('one', { name: 'me' }))
      expect(await store.remove('one')).toBe(true)
      expect(await store.remove('one')).toBe(false)
      expect(await store.list()).toEqual([])
      expect(await store.add(keyOf('one', { name: 'me' }))).toBe(true)
    })
  })
}
