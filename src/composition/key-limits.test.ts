import { describe, expect, it } from 'vitest'
import { LocalBus } from '../workers/bus.ts'
import { KeyLimits } from './key-limits.ts'

describe('KeyLimits', () => {
  it('counts each limit and each name by itself', () => {
    const limits = new KeyLimits(new LocalBus(), () => 0)
    const two = limits.counterFor({ max: 2, timeWindow: 1000 })
    expect([two.take('a'), two.take('a'), two.take('a')].map(({ allowed }) => allowed)).toEqual([true, true, false])
    expect(two.take('b').allowed).toBe(true)
    expect(limits.counterFor({ max: 2, timeWindow: 1000 }).take('a').allowed).toBe(false)
    expect(limits.counterFor({ max: 2, timeWindow: 2000 }).take('a').allowed).toBe(true)
  })

  it('counts what other workers have counted', () => {
    const limits = new KeyLimits(new LocalBus(), () => 0)
    expect(limits.add('limit 2/1000 a', 2)).toBe(true)
    expect(limits.counterFor({ max: 2, timeWindow: 1000 }).take('a').allowed).toBe(false)
  })

  it.each(['key_a', 'address 10.0.0.1', 'limit 2 a', 'limit x/1 a'])('leaves %j to others', (name) => {
    expect(new KeyLimits(new LocalBus(), () => 0).add(name, 1)).toBe(false)
  })
})
