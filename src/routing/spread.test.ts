import { describe, expect, it } from 'vitest'
import { testProvider } from '../../test/support/routing.ts'
import { UNKNOWN_CAPABILITIES } from '../models/capabilities.ts'
import { byAffinity, byLot } from './spread.ts'

const targets = [6, 3, 1, 0].map((weight, index) => ({
  deployment: {
    key: `p${index}/m`,
    provider: testProvider(`p${index}`),
    model: 'm',
    capabilities: UNKNOWN_CAPABILITIES,
  },
  weight,
}))

function shares(firsts: readonly (string | undefined)[]): readonly number[] {
  return targets.map(({ deployment }) => firsts.filter((key) => key === deployment.key).length / firsts.length)
}

function seeded(): () => number {
  let state = 42
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

const RUNS = Array.from({ length: 4000 }, (_, index) => index)

describe('byLot()', () => {
  it('puts each first as often as its weight says, and one of weight 0 last', () => {
    const random = seeded()
    const orders = RUNS.map(() => byLot(targets, random).map(({ deployment }) => deployment.key))
    const [six = 0, three = 0, one = 0, none = 1] = shares(orders.map(([first]) => first))
    expect(Math.abs(six - 0.6)).toBeLessThan(0.03)
    expect(Math.abs(three - 0.3)).toBeLessThan(0.03)
    expect(Math.abs(one - 0.1)).toBeLessThan(0.03)
    expect(none).toBe(0)
    expect(orders.every((order) => order.at(-1) === 'p3/m')).toBe(true)
  })

  it('survives the lot 0', () => {
    expect(byLot(targets, () => 0)).toHaveLength(4)
  })
})

describe('byAffinity()', () => {
  it('spreads conversations by weight, each to the same one every time', () => {
    const orders = RUNS.map((run) => byAffinity(targets, `c${run}`).map(({ deployment }) => deployment.key))
    const [six = 0, three = 0, one = 0, none = 1] = shares(orders.map(([first]) => first))
    expect(Math.abs(six - 0.6)).toBeLessThan(0.03)
    expect(Math.abs(three - 0.3)).toBeLessThan(0.03)
    expect(Math.abs(one - 0.1)).toBeLessThan(0.03)
    expect(none).toBe(0)
    expect(byAffinity(targets.toReversed(), 'c1').map(({ deployment }) => deployment.key)).toEqual(orders[1])
  })
})
