import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker } from './breaker.ts'
import type { Permit } from './route.ts'
import { DEFAULT_BREAKER } from './settings.ts'

const SETTINGS = { ...DEFAULT_BREAKER, resetTimeout: 30_000, window: 60_000, minimumRequests: 5 }

function breakerAt(start = 0) {
  const clock = { now: start }
  const breaker = new Breaker(
    () => SETTINGS,
    () => clock.now,
  )
  return { breaker, clock }
}

function fail(breaker: Breaker, times: number): void {
  for (let time = 0; time < times; time++) breaker.acquire()?.failure()
}

describe('Breaker', () => {
  it('opens at the percentage of failures, and not before the minimum of requests', () => {
    const { breaker } = breakerAt()
    fail(breaker, 4)
    expect(breaker.blockedFor()).toBe(0)
    fail(breaker, 1)
    expect(breaker.blockedFor()).toBe(30_000)
    expect(breaker.acquire()).toBeNull()
    expect(breaker.snapshot('k')).toMatchObject({ state: 'open', failures: 5, why: 'failed too often' })
  })

  it('stays closed below the percentage', () => {
    const { breaker } = breakerAt()
    for (let time = 0; time < 20; time++) {
      breaker.acquire()?.success()
      if (time % 3 === 0) breaker.acquire()?.failure()
    }
    expect(breaker.snapshot('k')).toMatchObject({ state: 'closed', why: null })
  })

  it('forgets what is older than the window', () => {
    const { breaker, clock } = breakerAt()
    fail(breaker, 4)
    clock.now += 70_000
    fail(breaker, 4)
    expect(breaker.blockedFor()).toBe(0)
  })

  it('lets one probe through after the reset timeout, which closes it', () => {
    const { breaker, clock } = breakerAt()
    fail(breaker, 5)
    clock.now += 30_000
    expect(breaker.snapshot('k').state).toBe('half-open')
    const probe = breaker.acquire()
    expect(probe).not.toBeNull()
    expect(breaker.acquire()).toBeNull()
    expect(breaker.blockedFor()).toBeGreaterThan(0)
    probe?.success()
    expect(breaker.snapshot('k')).toMatchObject({ state: 'closed', failures: 0, successes: 1, blockedFor: 0 })
  })

  it('opens again when the probe fails', () => {
    const { breaker, clock } = breakerAt()
    fail(breaker, 5)
    clock.now += 30_000
    breaker.acquire()?.failure()
    expect(breaker.blockedFor()).toBe(30_000)
  })

  it('lets another probe through at once when one tells nothing, and later when one takes long', () => {
    const { breaker, clock } = breakerAt()
    fail(breaker, 5)
    clock.now += 30_000
    breaker.acquire()?.release()
    const long = breaker.acquire()
    expect(long).not.toBeNull()
    clock.now += 30_000
    expect(breaker.acquire()).not.toBeNull()
    expect(breaker.acquire()).toBeNull()
    long?.success()
    expect(breaker.blockedFor()).toBe(0)
  })

  it('believes no request that started before it opened or closed', () => {
    const { breaker, clock } = breakerAt()
    const old = Array.from({ length: 5 }, () => breaker.acquire())
    fail(breaker, 5)
    clock.now += 30_000
    for (const permit of old) permit?.success()
    expect(breaker.snapshot('k').state).toBe('half-open')
    breaker.acquire()?.success()
    for (const permit of old) permit?.failure()
    expect(breaker.blockedFor()).toBe(0)
  })

  it('counts each permit once', () => {
    const { breaker } = breakerAt()
    const permit = breaker.acquire()
    for (let time = 0; time < 9; time++) permit?.failure()
    expect(breaker.snapshot('k')).toMatchObject({ state: 'closed', failures: 1 })
  })

  it('is shut while it cools down, and longest of several times', () => {
    const { breaker, clock } = breakerAt()
    breaker.coolDown(7000, 'rate limited')
    breaker.coolDown(3000, 'spend limit reached')
    expect(breaker.acquire()).toBeNull()
    expect(breaker.snapshot('k')).toMatchObject({ state: 'closed', blockedFor: 7000, why: 'rate limited' })
    clock.now += 7000
    expect(breaker.acquire()).not.toBeNull()
    expect(breaker.snapshot('k').why).toBeNull()
  })

  it('tells apart what its vendor has limited from what has failed or spent too much', () => {
    const { breaker, clock } = breakerAt()
    expect(breaker.isRateLimited).toBe(false)
    breaker.coolDown(3000, 'spend limit reached')
    expect(breaker.isRateLimited).toBe(false)
    breaker.coolDown(7000, 'rate limited')
    expect(breaker.isRateLimited).toBe(true)
    clock.now += 7000
    expect(breaker.isRateLimited).toBe(false)
    breaker.coolDown(7000, 'rate limited')
    for (let permit = breaker.acquire(); permit !== null; permit = breaker.acquire()) permit.failure()
    expect(breaker.isRateLimited).toBe(true)
    clock.now += 7000
    for (let permit = breaker.acquire(); permit !== null; permit = breaker.acquire()) permit.failure()
    breaker.coolDown(7000, 'rate limited')
    expect(breaker.isRateLimited).toBe(false)
  })

  it.each([Infinity, 1e12, Number.NaN, -5])('bounds a cooldown of %s milliseconds', (milliseconds) => {
    const { breaker } = breakerAt()
    breaker.coolDown(milliseconds, 'rate limited')
    expect(breaker.blockedFor()).toBeLessThanOrEqual(3_600_000)
    expect(breaker.blockedFor()).toBeGreaterThanOrEqual(0)
  })

  it('never has two fresh probes, and is always free again after enough time', () => {
    const step = fc.oneof(
      fc.constant('acquire' as const),
      fc.constant('success' as const),
      fc.constant('failure' as const),
      fc.constant('release' as const),
      fc.integer({ min: 1, max: 40_000 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { breaker, clock } = breakerAt(1)
        const permits: Permit[] = []
        let lastProbe = -Infinity
        for (const action of steps) {
          if (typeof action === 'number') clock.now += action
          else if (action === 'acquire') {
            const { state } = breaker.snapshot('k')
            const blocked = breaker.blockedFor()
            const permit = breaker.acquire()
            expect(permit === null).toBe(blocked > 0)
            expect(state === 'open' && permit !== null).toBe(false)
            if (permit === null) continue
            if (state === 'half-open') {
              expect(clock.now - lastProbe).toBeGreaterThanOrEqual(SETTINGS.resetTimeout)
              lastProbe = clock.now
            }
            permits.push(permit)
          } else {
            const permit = permits.pop()
            permit?.[action]()
            if (action === 'release') lastProbe = -Infinity
          }
        }
        clock.now += SETTINGS.resetTimeout
        expect(breaker.acquire()).not.toBeNull()
      }),
    )
  })
})
