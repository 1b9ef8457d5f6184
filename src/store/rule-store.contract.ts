import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RuleStore, StoredRule } from '../alerts/rule-store.ts'

/** One store under test, and what it takes to close it. */
export interface RuleStoreUnderTest {
  readonly store: RuleStore
  close(): Promise<void>
}

const NOW = 1_800_000_000_000

export function ruleCalled(name: string, more: Partial<StoredRule> = {}): StoredRule {
  return {
    id: `alert_${name}`,
    name,
    metric: 'p95',
    operator: 'above',
    warning: 1000,
    critical: null,
    window: 60_000,
    cooldown: 300_000,
    hysteresis: 0.1,
    minRequests: 0,
    createdAt: NOW,
    ...more,
  }
}

const FULL = ruleCalled('full', {
  name: 'My rule @ home',
  metric: `performance."'; DROP TABLE alert_rules; --`,
  operator: 'below',
  warning: null,
  critical: -0.25,
  window: 1,
  cooldown: 0,
  hysteresis: 0.015,
  minRequests: 7,
})

/** What every store of alert rules has to do. `open` gives one that is empty. */
export function describeRuleStore(name: string, open: () => Promise<RuleStoreUnderTest>): void {
  describe(`${name} as a store of alert rules`, () => {
    let opened: RuleStoreUnderTest
    let store: RuleStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    it('gives back what was put in, oldest first', async () => {
      expect(await store.list()).toEqual([])
      expect(await store.add(FULL)).toBe(true)
      expect(await store.add(ruleCalled('later', { createdAt: NOW + 1 }))).toBe(true)
      expect(await store.list()).toEqual([FULL, ruleCalled('later', { createdAt: NOW + 1 })])
    })

    it('has a name once', async () => {
      await store.add(ruleCalled('one', { name: 'mine' }))
      expect(await store.add(ruleCalled('two', { name: 'mine' }))).toBe(false)
      expect(await store.add(ruleCalled('three', { name: 'MINE' }))).toBe(true)
      expect((await store.list()).map(({ id }) => id).toSorted()).toEqual(['alert_one', 'alert_three'])
    })

    it('removes a rule once, and its name is free again', async () => {
      await store.add(ruleCalled('one'))
      expect(await store.remove('alert_one')).toBe(true)
      expect(await store.remove('alert_one')).toBe(false)
      expect(await store.list()).toEqual([])
      expect(await store.add(ruleCalled('one'))).toBe(true)
    })
  })
}
