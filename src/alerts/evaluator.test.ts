import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../observe/alert-list.ts'
import { Evaluator } from './evaluator.ts'
import { MemoryNotices } from './memory-notices.ts'
import type { Rule } from './rule.ts'
import { MINUTES, ruleOf, snapshotOf } from './test-support.ts'

const BUSY = ruleOf({ metric: 'performance.requests.inFlight', warning: 5, critical: 10 }, 'busy')

class World {
  readonly told: AlertEvent[] = []
  inFlight = 0
  now = 1_700_000_000_000
  rules: readonly Rule[] = [BUSY]

  evaluator(): Evaluator {
    return new Evaluator({
      rules: async () => this.rules,
      measure: async () => snapshotOf({}, { inFlight: () => this.inFlight }),
      maxSessions: () => null,
      tell: (event) => this.told.push(event),
      now: () => this.now,
    })
  }

  async look(evaluator: Evaluator, inFlight: number): Promise<void> {
    this.inFlight = inFlight
    this.now += MINUTES
    await evaluator.look()
  }
}

describe('Evaluator', () => {
  it('tells what a rule has come to, and remembers it', async () => {
    const world = new World()
    const evaluator = world.evaluator()
    for (const inFlight of [1, 6, 12, 0, 0]) await world.look(evaluator, inFlight)
    expect(world.told.map(({ state, value, threshold }) => [state, value, threshold])).toEqual([
      ['warning', 6, 5],
      ['critical', 12, 10],
      ['ok', 0, 10],
    ])
    expect(evaluator.record.recent.map(({ state }) => state)).toEqual(['ok', 'critical', 'warning'])
    expect(evaluator.list(world.rules).data).toMatchObject([{ id: 'busy', state: 'ok', value: 0, since: world.now }])
  })

  it('goes on where another one ended', async () => {
    const world = new World()
    const first = world.evaluator()
    await world.look(first, 6)
    const second = world.evaluator()
    second.adopt(structuredClone(first.record))
    await world.look(second, 6)
    expect(world.told).toHaveLength(1)
    expect(second.firing).toBe(1)
    await world.look(second, 0)
    await world.look(second, 0)
    expect(world.told.map(({ state }) => state)).toEqual(['warning', 'ok'])
  })

  it('forgets a rule that there is no more', async () => {
    const world = new World()
    const evaluator = world.evaluator()
    await world.look(evaluator, 6)
    world.rules = []
    await world.look(evaluator, 6)
    expect(evaluator.firing).toBe(0)
    expect(evaluator.list([])).toMatchObject({ data: [], recent: [{ ruleId: 'busy' }] })
  })

  it('shows a rule that nobody has looked at', () => {
    expect(new World().evaluator().list([BUSY]).data).toEqual([
      {
        id: 'busy',
        name: 'busy',
        metric: 'performance.requests.inFlight',
        operator: 'above',
        warning: 5,
        critical: 10,
        window: 60,
        cooldown: 300,
        source: 'config',
        state: 'ok',
        value: null,
        since: null,
      },
    ])
  })
})

describe('MemoryNotices', () => {
  const settings = { threshold: 0.8, resumeBelow: 0.7, shedAbove: 0.9, interval: 1000, warnBytes: 100 }
  const reading = { limit: 'heap', usedBytes: 85, limitBytes: 100, ratio: 0.85, heapBytes: 120 } as const

  it('says once what several workers say, and that it is over', () => {
    const notices = new MemoryNotices()
    const accept = (kind: 'pressure' | 'relieved' | 'shedding' | 'large', now: number) =>
      notices.accept({ kind, reading }, settings, now)
    expect(accept('relieved', 0)).toBeNull()
    expect(accept('pressure', 0)).toMatchObject({ state: 'warning', metric: 'memory', value: 0.85, threshold: 0.8 })
    expect(accept('pressure', 1)).toBeNull()
    expect(accept('shedding', 2)).toMatchObject({ state: 'critical', threshold: 0.9 })
    expect(accept('relieved', 3)).toMatchObject({ state: 'ok', threshold: 0.7 })
    expect(accept('relieved', 4)).toBeNull()
    expect(accept('large', 5)).toMatchObject({ metric: 'heapUsed', value: 120, threshold: 100 })
    expect(accept('pressure', 300_000)).toMatchObject({ state: 'warning' })
  })
})
