import { describe, expect, it } from 'vitest'
import { testDeployment } from '../../test/support/routing.ts'
import { Caches } from './caches.ts'
import type { Invalidation } from './caches.ts'
import { Coalescer } from './coalescer.ts'
import type { Joinable } from './coalescer.ts'
import { streamKey } from './response-cache.ts'
import type { StoredAnswer } from './response-cache.ts'
import type { CacheSettings } from './settings.ts'

const MINUTE = 60_000

const SETTINGS: CacheSettings = {
  l1: { max: 100, ttl: MINUTE },
  l2: { max: 1000, ttl: 5 * MINUTE },
  responses: { mode: 'deterministic', max: 500, maxBytes: 50 * 1024 * 1024, ttl: 5 * MINUTE, toolCalls: false },
  coalesce: true,
}

function answer(model: string, bytes = 10): StoredAnswer {
  return {
    body: Buffer.alloc(bytes),
    tenant: 'local',
    headers: {},
    streamsContent: false,
    requestedModel: model,
    deployment: testDeployment('far', `real-${model}`),
    plan: 'passthrough',
    reason: '',
    losses: [],
    usage: null,
    id: 'id',
    created: 1,
  }
}

function cachesOf(settings: CacheSettings = SETTINGS) {
  let time = 1
  const calls = new Coalescer<Joinable>()
  const caches = new Caches({ settings, secret: Buffer.alloc(32, 1), calls, now: () => time })
  const pass = (milliseconds: number): void => {
    time += milliseconds
  }
  return { caches, calls, pass }
}

describe('Caches.invalidate()', () => {
  it('forgets what it is told to, and tells who listens', () => {
    const { caches } = cachesOf()
    const told: Invalidation[] = []
    caches.onInvalidate((scope) => told.push(scope))
    for (const model of ['a', 'b', 'c']) caches.responses.set(`key-${model}`, answer(model))
    const tenant = null
    const scopes = [
      { tenant, kind: 'key', key: 'key-a' },
      { tenant, kind: 'model', model: 'b' },
      { tenant, kind: 'all' },
    ] as const
    expect(scopes.map((scope) => caches.invalidate(scope))).toEqual([1, 1, 1])
    expect(told).toEqual(scopes)
  })

  it('is not told on when another process has said it', () => {
    const { caches } = cachesOf()
    caches.onInvalidate(() => expect.unreachable())
    caches.responses.set('key', answer('a'))
    expect(caches.forget({ tenant: null, kind: 'all' })).toBe(1)
  })

  it('reaches answers that are still on their way', () => {
    const { caches, calls } = cachesOf()
    calls.lead('key', { joinable: true, tenant: 'local' })
    const before = caches.generationOf('local')
    caches.invalidate({ tenant: null, kind: 'key', key: 'whatever' })
    expect(caches.generationOf('local')).toBeGreaterThan(before)
    expect(calls.join('key')).toBeNull()
    expect(calls.stats()).toEqual({ inFlight: 1, leaders: 1, followers: 0 })
  })

  it('of one tenant touches nothing of another', () => {
    const { caches, calls } = cachesOf()
    caches.responses.set('mine', { ...answer('a'), tenant: 'me' })
    caches.responses.set('theirs', { ...answer('a'), tenant: 'them' })
    calls.lead('call', { joinable: true, tenant: 'them' })
    const before = caches.generationOf('them')
    for (const scope of [{ kind: 'key', key: 'theirs' }, { kind: 'model', model: 'a' }, { kind: 'all' }] as const) {
      caches.invalidate({ ...scope, tenant: 'me' })
    }
    expect(caches.responses.get('mine')).toBeUndefined()
    expect(caches.responses.get('theirs')).toBeDefined()
    expect(calls.join('call')).not.toBeNull()
    expect(caches.generationOf('them')).toBe(before)
    expect(caches.generationOf('me')).not.toBe(before)
  })

  it('forgets the streams of an answer with it', () => {
    const { caches } = cachesOf()
    caches.responses.set('key', answer('a'))
    for (const usage of [true, false]) caches.responses.setForm(streamKey('key', usage), answer('a'), 'key')
    expect(caches.invalidate({ tenant: null, kind: 'key', key: 'key' })).toBe(3)
    expect(caches.responses.get(streamKey('key', true))).toBeUndefined()
  })
})

describe('Caches.clearWarm()', () => {
  it('leaves only what is hot', () => {
    const { caches } = cachesOf({ ...SETTINGS, l1: { max: 1, ttl: MINUTE } })
    for (const key of ['a', 'b']) caches.warm.set(key, { kind: 'token-count', count: 1 })
    caches.responses.set('key', answer('a'))
    caches.clearWarm()
    expect(caches.stats()).toMatchObject({
      manager: { l1Size: 1, l2Size: 0 },
      response: { size: 0, calculatedSize: 0 },
      metadata: { tokenCountCacheSize: 1 },
    })
  })
})

describe('Caches.adopt()', () => {
  it('changes sizes and times at once, and keeps what fits', () => {
    const { caches, pass } = cachesOf()
    for (const model of ['a', 'b', 'c']) caches.responses.set(model, answer(model))
    caches.adopt({ ...SETTINGS, responses: { ...SETTINGS.responses, max: 2, ttl: MINUTE } })
    expect(['a', 'b', 'c'].map((key) => caches.responses.get(key) !== undefined)).toEqual([false, true, true])
    pass(MINUTE + 1)
    expect(caches.responses.get('c')).toBeUndefined()
    caches.adopt({ ...SETTINGS, responses: { ...SETTINGS.responses, mode: 'off' } })
    caches.responses.set('d', answer('d'))
    expect(caches.responses.get('d')).toBeUndefined()
  })
})

describe('ResponseCache', () => {
  it('forgets after its time, a stream with its answer', () => {
    const { caches, pass } = cachesOf()
    caches.responses.set('key', answer('a'))
    pass(4 * MINUTE)
    caches.responses.setForm('form', answer('a'), 'key')
    pass(MINUTE + 1)
    expect([caches.responses.get('key'), caches.responses.get('form')]).toEqual([undefined, undefined])
    expect(caches.responses.stats()).toMatchObject({ size: 0, calculatedSize: 0 })
  })

  it('keeps the form of an answer only beside the answer', () => {
    const { caches } = cachesOf()
    caches.responses.setForm('form', answer('a'), 'gone')
    expect(caches.responses.get('form')).toBeUndefined()
  })

  it('never holds more bytes than it may, nor an answer that alone is more', () => {
    const { caches } = cachesOf({ ...SETTINGS, responses: { ...SETTINGS.responses, maxBytes: 10_000 } })
    for (let n = 0; n < 10; n++) caches.responses.set(`${n}`, answer('a', 3000))
    caches.responses.set('large', answer('a', 20_000))
    const { size, calculatedSize, evictions } = caches.responses.stats()
    expect(size).toBe(2)
    expect(calculatedSize).toBeLessThanOrEqual(10_000)
    expect(evictions).toBe(8)
  })
})
