import * as fc from 'fast-check'
import { LRUCache } from 'lru-cache'
import { describe, expect, it } from 'vitest'
import { testProvider, testQuery } from '../../../test/support/routing.ts'
import { UNKNOWN_CAPABILITIES } from '../../models/capabilities.ts'
import type { Health } from '../route.ts'
import { selectCandidates } from '../select.ts'
import { stageOf } from '../stage.ts'
import { POLICIES } from './index.ts'
import type { WeightedDeployment } from './policy.ts'

/** Deployments of providers with any priorities and weights, and whether each is blocked. */
const TARGETS = fc
  .array(
    fc.record({ priority: fc.integer({ min: 0, max: 3 }), weight: fc.integer({ min: 0, max: 9 }), dead: fc.boolean() }),
    { maxLength: 8 },
  )
  .map((rows) =>
    rows.map(({ priority, weight, dead }, index) => {
      const provider = testProvider(`p${index}`, { priority })
      const deployment = { key: `p${index}/m`, provider, model: 'm', capabilities: UNKNOWN_CAPABILITIES }
      return { target: { deployment, weight }, dead }
    }),
  )

function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

function healthOf(dead: ReadonlySet<string>): Health {
  return {
    acquire: () => null,
    blockedFor: (key) => (dead.has(key) ? 1000 : 0),
    isRateLimited: () => false,
    coolDown() {},
    snapshot: () => [],
  }
}

describe.each(Object.values(POLICIES))('policy $name', (policy) => {
  const choose = (
    rows: readonly { target: WeightedDeployment; dead: boolean }[],
    seed: number,
    affinity: string | null,
  ) => {
    const dead = new Set(rows.filter((row) => row.dead).map(({ target }) => target.deployment.key))
    const stage = stageOf(
      policy.name,
      rows.map(({ target }) => target),
    )
    const context = {
      health: healthOf(dead),
      random: seeded(seed),
      memory: new LRUCache<string, string>({ max: 9 }),
      affinity: () => affinity,
    }
    return selectCandidates([stage], testQuery('m'), context).candidates.map(({ deployment }) => deployment.key)
  }

  it('puts every target into exactly one group, none of them empty', () => {
    fc.assert(
      fc.property(TARGETS, (rows) => {
        const targets = rows.map(({ target }) => target)
        const tiers = policy.tiers(targets)
        expect(tiers.every((tier) => tier.length > 0)).toBe(true)
        expect(new Set(tiers.flat())).toEqual(new Set(targets))
        expect(tiers.flat()).toHaveLength(targets.length)
      }),
    )
  })

  it('never picks a dead candidate, and offers every living one once', () => {
    fc.assert(
      fc.property(TARGETS, fc.nat(), fc.option(fc.string()), (rows, seed, affinity) => {
        const living = rows.filter(({ dead }) => !dead).map(({ target }) => target.deployment.key)
        expect(choose(rows, seed, affinity).toSorted()).toEqual(living.toSorted())
      }),
    )
  })

  it('is deterministic with a seed, and without one for a conversation', () => {
    fc.assert(
      fc.property(TARGETS, fc.nat(), fc.nat(), fc.string(), (rows, seed, other, affinity) => {
        expect(choose(rows, seed, null)).toEqual(choose(rows, seed, null))
        expect(choose(rows, seed, affinity)).toEqual(choose(rows, other, affinity))
      }),
    )
  })

  it('keeps the order of the others when one dies', () => {
    fc.assert(
      fc.property(TARGETS, fc.string(), (rows, affinity) => {
        const alive = rows.map(({ target }) => ({ target, dead: false }))
        const [head, ...rest] = choose(alive, 1, affinity)
        const without = alive.map(({ target }) => ({ target, dead: target.deployment.key === head }))
        expect(choose(without, 1, affinity)).toEqual(rest)
      }),
    )
  })
})

describe('POLICIES', () => {
  const targets = [3, 9, 3].map((priority, index) => ({
    deployment: {
      key: `p${index}/m`,
      provider: testProvider(`p${index}`, { priority }),
      model: 'm',
      capabilities: UNKNOWN_CAPABILITIES,
    },
    weight: 1,
  }))
  const keys = (tiers: readonly (readonly WeightedDeployment[])[]) =>
    tiers.map((tier) => tier.map(({ deployment }) => deployment.key))

  it('first keeps the order given', () => {
    expect(keys(POLICIES.first.tiers(targets))).toEqual([['p0/m'], ['p1/m'], ['p2/m']])
  })

  it('weighted takes all for equals', () => {
    expect(keys(POLICIES.weighted.tiers(targets))).toEqual([['p0/m', 'p1/m', 'p2/m']])
  })

  it('priority takes those of one priority for equals', () => {
    expect(keys(POLICIES.priority.tiers(targets))).toEqual([['p1/m'], ['p0/m', 'p2/m']])
  })
})
