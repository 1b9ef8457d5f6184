import { describe, expect, it } from 'vitest'
import { YoungGeneration } from './young-generation.ts'

/** What it allowed, with the collections of each second: their milliseconds. */
function allowed(seconds: readonly number[]): readonly boolean[] {
  const decisions: boolean[] = []
  const generation = new YoungGeneration((growth) => decisions.push(growth), 0)
  for (const [second, duration] of seconds.entries()) generation.collected(duration, (second + 1) * 1000)
  return decisions
}

describe('YoungGeneration', () => {
  it('may not grow because many objects survive for a moment', () => {
    expect(allowed([150, 150, 10, 150, 150, 10])).toEqual([])
  })

  it('may grow while collections go on taking up time', () => {
    expect(allowed([50, 50, 50, 50])).toEqual([true])
  })

  it('may not any more when they do not', () => {
    expect(allowed([50, 50, 50, 10, 10])).toEqual([true, false])
  })

  it('adds up the collections of a second', () => {
    const decisions: boolean[] = []
    const generation = new YoungGeneration((growth) => decisions.push(growth), 0)
    for (let at = 100; at <= 3100; at += 100) generation.collected(5, at)
    expect(decisions).toEqual([true])
  })

  it('takes what a quiet time holds for the share that it is', () => {
    const decisions: boolean[] = []
    const generation = new YoungGeneration((growth) => decisions.push(growth), 0)
    for (let at = 10_000; at <= 60_000; at += 10_000) generation.collected(100, at)
    expect(decisions).toEqual([])
  })
})
