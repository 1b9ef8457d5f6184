import { describe, expect, it } from 'vitest'
import { RetryBudget, retryDelay } from './retry-budget.ts'

function budget() {
  const clock = { now: 0 }
  return { clock, budget: new RetryBudget(() => clock.now, 0.2) }
}

function withdrawals(from: RetryBudget): number {
  let count = 0
  while (from.withdraw()) count++
  return count
}

describe('RetryBudget', () => {
  it('allows a few retries without traffic', () => {
    expect(withdrawals(budget().budget)).toBe(10)
  })

  it('allows a fifth of the traffic', () => {
    const { budget: retries } = budget()
    for (let request = 0; request < 1000; request++) retries.deposit()
    expect(withdrawals(retries)).toBe(200)
  })

  it('follows the config, down to no retries at all', () => {
    const { budget: retries } = budget()
    for (let request = 0; request < 100; request++) retries.deposit()
    retries.adopt(0.5)
    expect(withdrawals(retries)).toBe(50)
    retries.adopt(0)
    expect(withdrawals(retries)).toBe(0)
  })

  it('forgets old requests and old retries', () => {
    const { budget: retries, clock } = budget()
    for (let request = 0; request < 1000; request++) retries.deposit()
    expect(withdrawals(retries)).toBe(200)
    clock.now += 20_000
    expect(withdrawals(retries)).toBe(10)
  })
})

describe('retryDelay()', () => {
  it('doubles, within a random half, up to a limit', () => {
    expect([1, 2, 3, 20].map((attempts) => retryDelay(attempts, null, () => 0))).toEqual([125, 250, 500, 4000])
    expect([1, 2, 3, 20].map((attempts) => retryDelay(attempts, null, () => 1))).toEqual([250, 500, 1000, 8000])
  })

  it('never comes sooner than the vendor asked', () => {
    expect(retryDelay(1, 7, () => 0)).toBe(7000)
    expect(retryDelay(1, 7, () => 0.99)).toBeGreaterThan(7000)
  })
})
