import { describe, expect, it } from 'vitest'
import { debugPaths } from './debug-paths.ts'
import { DEFAULT_RULES } from './default-rules.ts'
import { METRICS } from './metrics.ts'
import { problemOf, termsOf } from './rule.ts'
import { checked } from '../lib/checked.ts'
import { RULE_WISH, termsFrom } from './rule-json.ts'

const problem = (wish: object) => problemOf(termsOf({ name: 'mine', warning: 1, ...wish }))

describe('termsOf()', () => {
  it('fills in what is usual', () => {
    expect(termsOf({ name: 'mine', metric: 'errorRate', warning: 0.5 })).toEqual({
      name: 'mine',
      metric: 'errorRate',
      operator: 'above',
      warning: 0.5,
      critical: null,
      window: 60_000,
      cooldown: 300_000,
      hysteresis: 0.1,
      minRequests: 20,
    })
  })

  it('changes what is usual of a rule, and takes away a threshold', () => {
    const usual = { metric: 'memory', warning: 0.8, critical: 0.9 }
    expect(termsOf({ name: 'memory', critical: null, warning: 0.7 }, usual)).toMatchObject({
      metric: 'memory',
      warning: 0.7,
      critical: null,
    })
  })
})

describe('problemOf()', () => {
  it.each([...Object.keys(METRICS), ...debugPaths(), 'providers.my-id.requests', 'errors.rate_limited'])(
    'finds nothing wrong with %s',
    (metric) => {
      expect(problem({ metric })).toBeNull()
    },
  )

  it('finds nothing wrong with the usual rules', () => {
    for (const rule of DEFAULT_RULES) expect(problemOf(termsOf(rule)), rule.name).toBeNull()
  })

  it.each(['', 'responsetime', 'memory.rss', 'constructor', '__proto__.x', 'pool', 'performance', 'providers.a.b'])(
    'knows no metric "%s", and says which there are',
    (metric) => {
      expect(problem({ metric })).toMatchObject({ field: 'metric', fix: expect.stringMatching(/^write /) as unknown })
    },
  )

  it('names what was meant', () => {
    expect(problem({ metric: 'responsetime' })?.fix).toBe('write "responseTime"')
    expect(problem({ metric: 'performance.performance.p94' })?.fix).toContain('performance.performance.p9')
  })

  it.each([
    [{ metric: 'p95', warning: null }, 'warning'],
    [{ metric: 'p95', warning: 2, critical: 1 }, 'critical'],
    [{ metric: 'p95', operator: 'below', warning: 1, critical: 2 }, 'critical'],
    [{ metric: 'p95', window: 59_000 }, 'window'],
    [{ metric: 'memory', window: 0 }, 'window'],
    [{ metric: 'memory', window: 3_600_001 }, 'window'],
  ])('%j is wrong about its %s', (wish, field) => {
    expect(problem(wish)?.field).toBe(field)
  })
})

describe('termsFrom()', () => {
  const read = (body: unknown) => termsFrom(checked(RULE_WISH, body, 'body'))

  it('reads what the config would say', () => {
    const body = { name: 'slow', metric: 'p95', warning: 1, critical: 2, window: '5m', cooldown: 60, hysteresis: 0.2 }
    expect(read(body)).toEqual({
      ...termsOf({ name: 'slow', metric: 'p95' }),
      warning: 1,
      critical: 2,
      window: 300_000,
      cooldown: 60_000,
      hysteresis: 0.2,
    })
  })

  it.each([
    ['a text', 'body'],
    [{ metric: 'p95', warning: 1 }, 'name'],
    [{ name: 'a/b', metric: 'p95', warning: 1 }, 'name'],
    [{ name: 'a', warning: 1 }, 'metric'],
    [{ name: 'a', metric: 'nothing', warning: 1 }, 'metric'],
    [{ name: 'a', metric: 'x'.repeat(201), warning: 1 }, 'metric'],
    [{ name: 'a', metric: 'p95', warning: '1' }, 'warning'],
    [{ name: 'a', metric: 'p95', operator: 'over', warning: 1 }, 'operator'],
    [{ name: 'a', metric: 'p95', warning: 1, window: 'long' }, 'window'],
    [{ name: 'a', metric: 'p95', warning: 1, hysteresis: 2 }, 'hysteresis'],
    [{ name: 'a', metric: 'p95', warning: 1, minRequests: -1 }, 'minRequests'],
    [{ name: 'a', metric: 'p95', warning: 1, url: 'http://169.254.169.254' }, 'url'],
  ])('refuses %j', (body, param) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})
