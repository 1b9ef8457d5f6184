import { describe, expect, it } from 'vitest'
import { MultiLayerCache } from './multi-layer-cache.ts'

const MINUTE = 60_000

/** A cache with a clock that stands until it is moved. */
function cacheOf(l1: number, l2: number, sizeOf?: (value: string) => number) {
  let time = 1
  const cache = new MultiLayerCache<string>({
    l1: { max: l1, ttl: MINUTE },
    l2: { max: l2, ttl: 5 * MINUTE },
    now: () => time,
    ...(sizeOf === undefined ? {} : { sizeOf }),
  })
  const pass = (milliseconds: number): void => {
    time += milliseconds
  }
  return { cache, pass }
}

describe('MultiLayerCache', () => {
  it('takes the sizes of the founding document, in milliseconds', () => {
    const cache = new MultiLayerCache<number>({ l1: { max: 200, ttl: 120_000 }, l2: { max: 2000, ttl: 600_000 } })
    cache.set('a', 1)
    expect(cache.get('a')).toBe(1)
    expect(cache.getStats()).toEqual({
      hits: 1,
      misses: 0,
      hitRate: 1,
      l1Size: 1,
      l2Size: 1,
      bytes: 512,
      evictions: 0,
    })
  })

  it('has a hit rate of 0 before anybody has looked', () => {
    expect(cacheOf(1, 1).cache.getStats().hitRate).toBe(0)
  })

  it('finds in the warm tier what the hot one had no more room for', () => {
    const { cache } = cacheOf(2, 10)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    expect(cache.getStats()).toMatchObject({ l1Size: 2, l2Size: 3, evictions: 0 })
    expect(cache.get('a')).toBe('a')
    expect(cache.get('none')).toBeUndefined()
    expect(cache.getStats()).toMatchObject({ hits: 1, misses: 1, hitRate: 0.5 })
  })

  it('keeps a value for as long as the warm tier does, however often it is used', () => {
    const { cache, pass } = cacheOf(10, 10)
    cache.set('a', 'a')
    for (let minute = 1; minute < 10; minute++) {
      pass(MINUTE / 2)
      expect(cache.get('a')).toBe('a')
    }
    pass(MINUTE / 2 + 1)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.getStats()).toMatchObject({ l1Size: 0, l2Size: 0 })
  })

  it('counts what leaves for want of room', () => {
    const { cache } = cacheOf(1, 2)
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, key)
    expect(cache.getStats()).toMatchObject({ l1Size: 1, l2Size: 2, evictions: 2 })
    expect(cache.get('a')).toBeUndefined()
  })

  it('keeps what is hot when it clears what is warm', () => {
    const { cache } = cacheOf(1, 10)
    for (const key of ['a', 'b']) cache.set(key, key)
    cache.clearWarm()
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 'b'])
  })

  it('forgets everything on demand', () => {
    const { cache } = cacheOf(10, 10)
    cache.set('a', 'a')
    cache.clear()
    expect(cache.get('a')).toBeUndefined()
  })

  it('keeps the newest when it becomes smaller, for no longer than before', () => {
    const { cache, pass } = cacheOf(10, 10)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    pass(4 * MINUTE)
    cache.resize({ max: 2, ttl: MINUTE }, { max: 2, ttl: 10 * MINUTE })
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 'b', 'c'])
    pass(MINUTE + 1)
    expect(cache.get('c')).toBeUndefined()
  })

  it('works without either tier, and without both', () => {
    for (const [l1, l2, kept] of [
      [0, 5, 'a'],
      [5, 0, 'a'],
      [0, 0, undefined],
    ] as const) {
      const { cache } = cacheOf(l1, l2)
      cache.set('a', 'a')
      expect(cache.get('a')).toBe(kept)
    }
  })

  it('holds no more bytes than it may, whatever the number of its entries', () => {
    const { cache } = cacheOf(1000, 1000, (value) => value.length * 1024)
    for (let n = 0; n < 100; n++) cache.set(`${n}`, 'x'.repeat(1024))
    expect(cache.getStats()).toMatchObject({ l1Size: 16, l2Size: 16, evictions: 84 })
  })

  it('counts values of a kind once, in whichever tier they are', () => {
    const { cache } = cacheOf(1, 10)
    for (const key of ['a1', 'a2', 'b1']) cache.set(key, key)
    expect(cache.count((value) => value.startsWith('a'))).toBe(2)
  })
})
