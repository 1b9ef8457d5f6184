import { describe, expect, it } from 'vitest'
import { YoungGeneration } from './young-generation.ts'

const MEGABYTES = 1024 * 1024

/** What it allowed after the first word, with the collections of each second: their milliseconds. */
function allowed(seconds: readonly number[], size = 16 * MEGABYTES): readonly boolean[] {
  const decisions: boolean[] = []
  const generation = new YoungGeneration(
    (growth) => decisions.push(growth),
    () => size,
    0,
  )
  for (const [second, duration] of seconds.entries()) generation.collected(duration, (second + 1) * 1000)
  expect(decisions.shift()).toBe(true)
  return decisions
}

describe('YoungGeneration', () => {
  it('may grow until there is enough of it', () => {
    expect(allowed([1, 1, 1], 8 * MEGABYTES)).toEqual([])
    expect(allowed([1, 1, 1])).toEqual([false])
  })

  it('may not grow further because many objects survive for a moment', () => {
    expect(allowed([150, 150, 10, 150, 150, 10])).toEqual([false])
  })

  it('may while collections go on taking up time', () => {
    expect(allowed([50, 50, 50, 50])).toEqual([false, true])
  })

  it('may not any more when they do not', () => {
    expect(allowed([50, 50, 50, 10, 10])).toEqual([false, true, false])
  })

  it('adds up the collections of a second', () => {
    const decisions: boolean[] = []
    const generation = new YoungGeneration(
      (growth) => decisions.push(growth),
      () => 16 * MEGABYTES,
      0,
    )
    for (let at = 100; at <= 3100; at += 100) generation.collected(5, at)
    expect(decisions).toEqual([true, false, true])
  })

  it('takes what a quiet time holds for the share that it is', () => {
    const decisions: boolean[] = []
    const generation = new YoungGeneration(
      (growth) => decisions.push(growth),
      () => 16 * MEGABYTES,
      0,
    )
    for (let at = 10_000; at <= 60_000; at += 10_000) generation.collected(100, at)
    expect(decisions).toEqual([true, false])
  })
})
