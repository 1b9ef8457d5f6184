import { describe, expect, it } from 'vitest'
import { Allowance } from './allowance.ts'

describe('an allowance', () => {
  it('is used up by as much as it allows at once', () => {
    const allowance = new Allowance(3, 1, 0)
    expect([1, 1, 1, 1].map((amount) => allowance.spend(amount, 0))).toEqual([true, true, true, false])
  })

  it('comes back with time, and never to more than it was', () => {
    const allowance = new Allowance(3, 1, 0)
    allowance.spend(3, 0)
    expect(allowance.spend(1, 900)).toBe(false)
    expect(allowance.spend(1, 2000)).toBe(true)
    expect([3, 1].map((amount) => allowance.spend(amount, 100_000))).toEqual([true, false])
  })

  it('is earned by negative amounts, and never to more than it was', () => {
    const allowance = new Allowance(3, 1, 0)
    allowance.spend(-100, 0)
    expect([3, 1].map((amount) => allowance.spend(amount, 0))).toEqual([true, false])
  })
})
