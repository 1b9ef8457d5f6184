import { hash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { keyNamed } from '../../test/support/keys.ts'
import { KeyRing } from './key-ring.ts'

const digestOf = (key: string): string => hash('sha256', key, 'hex')

describe('KeyRing', () => {
  let now = 0
  let ring = new KeyRing(() => now)
  const holder = (key: string): string | null => ring.find(digestOf(key))?.keyName ?? null

  beforeEach(() => {
    now = 1_000_000
    ring = new KeyRing(() => now)
  })

  it('finds keys of the config and of the store', () => {
    ring.adoptConfigured([keyNamed('file', 'key-of-the-file')])
    ring.adoptStored([keyNamed('stored', 'key-of-the-store')])
    expect(holder('key-of-the-file')).toBe('file')
    expect(holder('key-of-the-store')).toBe('stored')
    expect(holder('key-of-nobody')).toBeNull()
  })

  it('refuses a key from its end on, from then on and not before', () => {
    ring.adoptConfigured([keyNamed('me', 'my-key', { expiresAt: now + 1000 })])
    now += 999
    expect(holder('my-key')).toBe('me')
    now += 1
    expect(holder('my-key')).toBeNull()
    expect(ring.named('me')).toBeNull()
  })

  it('refuses what is disabled or revoked, and takes it again when it is not', () => {
    const key = keyNamed('me', 'my-key')
    ring.adoptStored([key])
    expect(holder('my-key')).toBe('me')
    ring.adoptStored([{ ...key, disabled: true }])
    expect(holder('my-key')).toBeNull()
    ring.adoptStored([key])
    expect(holder('my-key')).toBe('me')
    ring.adoptStored([{ ...key, revokedAt: now }])
    expect(holder('my-key')).toBeNull()
    expect(ring.named('me')).toBeNull()
  })

  it('takes the old secret of a rotated key until the end of its overlap', () => {
    const old = keyNamed('me', 'old-secret')
    const fresh = keyNamed('me', 'new-secret')
    ring.adoptStored([{ ...old, secrets: [{ ...old.secrets[0]!, expiresAt: now + 1000 }, ...fresh.secrets] }])
    expect([holder('old-secret'), holder('new-secret')]).toEqual(['me', 'me'])
    expect(ring.find(digestOf('old-secret'))).toEqual(ring.find(digestOf('new-secret')))
    now += 1000
    expect([holder('old-secret'), holder('new-secret')]).toEqual([null, 'me'])
  })

  it('forgets a secret that a key no longer has', () => {
    const key = keyNamed('me', 'old-secret')
    ring.adoptStored([key])
    ring.adoptStored([{ ...key, secrets: keyNamed('me', 'new-secret').secrets }])
    expect([holder('old-secret'), holder('new-secret')]).toEqual([null, 'me'])
  })

  it('goes by the config where the store says otherwise', () => {
    ring.adoptStored([keyNamed('stored', 'same-key')])
    ring.adoptConfigured([keyNamed('file', 'same-key')])
    expect(holder('same-key')).toBe('file')
    ring.adoptConfigured([keyNamed('file', 'same-key', { disabled: true })])
    expect(holder('same-key')).toBeNull()
  })

  it('gives the name of a revoked key to another', () => {
    const gone = { ...keyNamed('me', 'first-key'), revokedAt: 1 }
    ring.adoptStored([keyNamed('me', 'second-key'), gone])
    expect(ring.named('me')?.tenant).toBe(keyNamed('me', 'second-key').tenant)
  })

  it('takes a key in place of what it was, and leaves all others', () => {
    const [me, you] = [keyNamed('me', 'my-key'), keyNamed('you', 'your-key')]
    ring.adoptStored([me, you])
    ring.put({ ...me, secrets: keyNamed('me', 'my-new-key').secrets, name: 'myself' })
    expect([holder('my-key'), holder('my-new-key'), holder('your-key')]).toEqual([null, 'myself', 'you'])
    expect([ring.named('me'), ring.named('myself')?.tenant]).toEqual([null, me.tenant])
    ring.put({ ...me, revokedAt: 1 })
    expect([holder('my-key'), holder('my-new-key')]).toEqual([null, null])
    // In whatever order one learns that the name went to another.
    const other = { ...keyNamed('me', 'other-key'), id: 'other', tenant: 'other' }
    ring.put(other)
    ring.put({ ...me, revokedAt: 1 })
    expect(ring.named('me')?.tenant).toBe('other')
  })

  it('is empty only as long as there was no key at all', () => {
    expect(ring.empty).toBe(true)
    ring.adoptStored([{ ...keyNamed('me', 'my-key'), revokedAt: 1 }])
    expect(ring.empty).toBe(false)
    ring.adoptStored([])
    expect(ring.empty).toBe(true)
  })

  it('is not empty as long as nobody knows', () => {
    ring.lock()
    expect(ring.empty).toBe(false)
    ring.adoptStored([])
    expect(ring.empty).toBe(true)
  })
})
