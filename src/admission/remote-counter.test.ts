import { describe, expect, it } from 'vitest'
import { SlidingCounter } from './rate-counter.ts'
import type { RateVerdict } from './rate-counter.ts'
import type { RateStore } from './rate-store.ts'
import { RemoteCounter } from './remote-counter.ts'
import type { StoreFailurePolicy } from './remote-counter.ts'

const LIMIT = { max: 2, timeWindow: 1000 }

/** A store in this process, which can be made to fail. */
class NearStore implements RateStore {
  away = false
  fails = false
  asked = 0
  readonly #counter: SlidingCounter

  constructor(now: () => number) {
    this.#counter = new SlidingCounter(LIMIT.max, LIMIT.timeWindow, now)
  }

  async take(_limit: object, name: string): Promise<RateVerdict> {
    this.asked++
    if (this.fails) throw new Error('gone')
    return this.#counter.take(name)
  }
}

function counterWith(onFailure: StoreFailurePolicy = 'local') {
  const clock = { now: 0 }
  const now = (): number => clock.now
  const store = new NearStore(now)
  const own = new SlidingCounter(LIMIT.max, LIMIT.timeWindow, now)
  let alone = 0
  const counter = new RemoteCounter({ store, limit: LIMIT, own, onFailure, alone: () => void alone++, now })
  const allowed = async (name = 'a'): Promise<boolean> => (await counter.take(name)).allowed
  return { clock, store, counter, allowed, alone: () => alone }
}

describe('RemoteCounter', () => {
  it('asks the store, but not again for whoever is over the limit, until there is room', async () => {
    const { clock, store, allowed, counter } = counterWith()
    expect([await allowed(), await allowed(), await allowed(), await allowed()]).toEqual([true, true, false, false])
    expect(store.asked).toBe(3)
    const verdict = await counter.take('a')
    expect(verdict.retryAfter).toBeGreaterThan(0)
    clock.now += 600
    const later = await counter.take('a')
    expect(verdict.retryAfter - later.retryAfter).toBe(600)
    expect(await allowed('b')).toBe(true)
    clock.now += 5000
    expect(await allowed()).toBe(true)
  })

  it('goes on with what it has seen itself', async () => {
    const { store, allowed, alone } = counterWith()
    expect(await allowed()).toBe(true)
    store.fails = true
    expect([await allowed(), await allowed()]).toEqual([true, false])
    expect(alone()).toBe(2)
  })

  it('waits for nobody while the store is away', async () => {
    const { store, counter } = counterWith()
    store.away = true
    expect(counter.take('a')).not.toBeInstanceOf(Promise)
    expect(store.asked).toBe(0)
  })

  it('lets everybody in, or nobody, where that is asked for', async () => {
    const open = counterWith('allow')
    open.store.fails = true
    expect([await open.allowed(), await open.allowed(), await open.allowed()]).toEqual([true, true, true])
    const closed = counterWith('refuse')
    closed.store.fails = true
    await expect(closed.allowed()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
  })
})
