import { describe, expect, it } from 'vitest'
import { HealthRegistry } from './health.ts'
import { DEFAULT_BREAKER } from './settings.ts'
import { testProvider } from '../../test/support/routing.ts'

function registry() {
  const clock = { now: 0 }
  const health = new HealthRegistry(DEFAULT_BREAKER, () => clock.now)
  return { health, clock }
}

function fail(health: HealthRegistry, key: string): void {
  for (let time = 0; time < DEFAULT_BREAKER.minimumRequests; time++) health.acquire(key)?.failure()
}

describe('HealthRegistry', () => {
  it('keeps deployments apart', () => {
    const { health } = registry()
    fail(health, 'a/m')
    expect(health.blockedFor('a/m')).toBe(DEFAULT_BREAKER.resetTimeout)
    expect(health.blockedFor('a/n')).toBe(0)
    expect(health.acquire('b/m')).not.toBeNull()
  })

  it('knows nothing of what nobody used', () => {
    const { health } = registry()
    expect(health.blockedFor('a/m')).toBe(0)
    expect(health.snapshot()).toEqual([])
  })

  it('keeps its state over a reload', () => {
    const { health } = registry()
    health.adopt([testProvider('a')], DEFAULT_BREAKER)
    fail(health, 'a/m')
    health.adopt([testProvider('a'), testProvider('b')], DEFAULT_BREAKER)
    expect(health.blockedFor('a/m')).toBeGreaterThan(0)
  })

  it('forgets a provider that is gone, has moved, or got another key', () => {
    const key = (hint: string) => ({ headers: () => ({}), hint })
    for (const next of [
      [],
      [testProvider('a', { origin: 'https://new' })],
      [testProvider('a', { credential: key('new') })],
    ]) {
      const { health } = registry()
      health.adopt([testProvider('a')], DEFAULT_BREAKER)
      fail(health, 'a/m/with/slashes')
      health.adopt(next, DEFAULT_BREAKER)
      expect(health.blockedFor('a/m/with/slashes')).toBe(0)
    }
  })

  it('follows new settings', () => {
    const { health } = registry()
    health.adopt([testProvider('a')], { ...DEFAULT_BREAKER, minimumRequests: 1, resetTimeout: 7 })
    health.acquire('a/m')?.failure()
    expect(health.blockedFor('a/m')).toBe(7)
  })

  it('shows all it knows', () => {
    const { health } = registry()
    health.acquire('a/m')?.success()
    health.coolDown('b/m', 5000, 'rate limited')
    expect(health.snapshot().toSorted((a, b) => a.key.localeCompare(b.key))).toEqual([
      { key: 'a/m', state: 'closed', failures: 0, successes: 1, blockedFor: 0, why: null },
      { key: 'b/m', state: 'closed', failures: 0, successes: 0, blockedFor: 5000, why: 'rate limited' },
    ])
  })
})
