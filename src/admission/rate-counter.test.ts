import { describe, expect, it } from 'vitest'
import { SlidingCounter } from './rate-counter.ts'

function counting(max: number, window: number) {
  const state = { now: 0 }
  const counter = new SlidingCounter(max, window, () => state.now)
  const takeMany = (count: number, name = 'a'): number =>
    Array.from({ length: count }, () => counter.take(name)).filter(({ allowed }) => allowed).length
  return { state, counter, takeMany }
}

describe('SlidingCounter', () => {
  it('allows so many at once, each name its own', () => {
    const { counter, takeMany } = counting(3, 60_000)
    expect(counter.take('a')).toMatchObject({ allowed: true, limit: 3, remaining: 2, retryAfter: 0 })
    expect(takeMany(5)).toBe(2)
    expect(counter.take('a')).toMatchObject({ allowed: false, remaining: 0 })
    expect(takeMany(5, 'b')).toBe(3)
  })

  it('never allows more within a window that lies across two', () => {
    const { state, takeMany } = counting(100, 60_000)
    state.now = 59_000
    expect(takeMany(1000)).toBe(100)
    state.now = 61_000
    expect(takeMany(1000)).toBeLessThanOrEqual(2)
    state.now = 90_000
    expect(takeMany(1000)).toBeLessThanOrEqual(51)
  })

  it.each([
    [1, 60_000, 0],
    [1, 60_000, 59_999],
    [3, 1000, 500],
    [100, 60_000, 12_345],
    [7, 333, 332],
  ])(
    'with %d in %d ms at %d ms says when to come again: then it is allowed, and shortly before not',
    (max, window, at) => {
      const { state, counter, takeMany } = counting(max, window)
      state.now = at
      takeMany(max)
      for (let round = 0; round < 5; round++) {
        const { allowed, retryAfter } = counter.take('a')
        expect(allowed).toBe(false)
        expect(retryAfter).toBeGreaterThan(0)
        expect(retryAfter).toBeLessThanOrEqual(window)
        state.now += retryAfter * 0.9
        expect(counter.take('a').allowed).toBe(false)
        state.now += retryAfter * 0.1 + 0.01
        expect(counter.take('a').allowed).toBe(true)
      }
    },
  )

  it('has forgotten everything when it says so', () => {
    const { state, counter, takeMany } = counting(10, 1000)
    state.now = 700
    takeMany(9)
    const { reset } = counter.take('a')
    state.now += reset
    expect(counter.take('a').remaining).toBe(9)
  })

  it('does not count what it refuses', () => {
    const { state, takeMany } = counting(10, 1000)
    takeMany(10_000)
    state.now = 2000
    expect(takeMany(100)).toBe(10)
  })

  it('counts what others have counted', () => {
    const { counter, takeMany } = counting(10, 1000)
    counter.add('a', 8)
    expect(takeMany(100)).toBe(2)
  })

  it('remembers so many names at most, the latest ones', () => {
    const { takeMany } = counting(1, 1000)
    for (let index = 0; index < 20_000; index++) takeMany(1, `n${index}`)
    expect(takeMany(1, 'n19999')).toBe(0)
    expect(takeMany(1, 'n0')).toBe(1)
  })
})
