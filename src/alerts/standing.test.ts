import { describe, expect, it } from 'vitest'
import type { Rule } from './rule.ts'
import { AT_EASE, judge } from './standing.ts'
import type { Standing } from './standing.ts'
import { MINUTES, ruleOf } from './test-support.ts'

const RULE = ruleOf({ metric: 'p95', warning: 100, critical: 200 })

/** A rule that is looked at whenever the test says, and what was told. */
class Watch {
  readonly told: string[] = []
  readonly #rule: Rule
  #standing: Standing = AT_EASE
  #now = 1_000_000

  constructor(rule: Rule) {
    this.#rule = rule
  }

  /** The state after a look, so many minutes after the one before. */
  look(value: number | null, minutes = 1): string {
    this.#now += minutes * MINUTES
    const { standing, isDue } = judge(this.#rule, this.#standing, value, this.#now)
    this.#standing = standing
    if (isDue) this.told.push(standing.state)
    return standing.state
  }

  looks(...values: readonly (number | null)[]): readonly string[] {
    return values.map((value) => this.look(value))
  }
}

describe('judge()', () => {
  it('is at a threshold without being beyond it', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(100, 100.1)).toEqual(['ok', 'warning'])
  })

  it('tests critical before warning', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(5000)).toEqual(['critical'])
    expect(watch.told).toEqual(['critical'])
  })

  it('tells that it got worse at once, and that it goes on after each cooldown', () => {
    const watch = new Watch(RULE)
    watch.looks(150, 150, 250, 250, 250, 250, 250)
    expect(watch.told).toEqual(['warning', 'critical'])
    watch.looks(250, 250, 250, 250, 250)
    expect(watch.told).toEqual(['warning', 'critical', 'critical'])
  })

  it('is over only when the metric was better by the hysteresis for a whole window', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(150, 95, 95, 95)).toEqual(['warning', 'warning', 'warning', 'warning'])
    // 90 is better by a tenth; 91 begins anew.
    expect([watch.look(90), watch.look(91, 0.5), watch.look(90, 0.5), watch.look(90, 0.9)]).not.toContain('ok')
    expect(watch.look(90, 0.1)).toBe('ok')
    expect(watch.told.at(-1)).toBe('ok')
  })

  it('goes from critical to warning, and is over from there', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(250, 150, 150, 80, 80)).toEqual(['critical', 'critical', 'warning', 'warning', 'ok'])
    expect(watch.told).toEqual(['critical', 'warning', 'ok'])
    const other = new Watch(RULE)
    expect(other.looks(250, 80, 80)).toEqual(['critical', 'critical', 'ok'])
  })

  it('keeps what comes back within the cooldown to itself, until the cooldown is over', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(150, 50, 50, 150)).toEqual(['warning', 'warning', 'ok', 'warning'])
    expect(watch.told).toEqual(['warning', 'ok'])
    watch.look(150)
    expect(watch.told).toEqual(['warning', 'ok'])
    watch.look(150)
    expect(watch.told).toEqual(['warning', 'ok', 'warning'])
  })

  it('does not tell the end of what nobody was told', () => {
    const watch = new Watch(RULE)
    watch.looks(150, 50, 50, 150, 50, 50)
    expect(watch.told).toEqual(['warning', 'ok'])
  })

  it('has nothing to say without a value, and comes to an end without one', () => {
    const watch = new Watch(RULE)
    expect(watch.looks(null, 150, null, null)).toEqual(['ok', 'warning', 'warning', 'ok'])
  })

  it('works downwards too, and with one threshold', () => {
    const watch = new Watch(ruleOf({ metric: 'requestsPerSecond', operator: 'below', critical: 10 }))
    expect(watch.looks(10, 9, 10.5, 11, 11)).toEqual(['ok', 'critical', 'critical', 'critical', 'ok'])
  })

  it('with a threshold of nothing is broken by one, and over when there is none', () => {
    const watch = new Watch(ruleOf({ metric: 'providersDown', warning: 0 }))
    expect(watch.looks(0, 1, 0, 0)).toEqual(['ok', 'warning', 'warning', 'ok'])
  })
})
