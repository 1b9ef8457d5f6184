import { describe, expect, it } from 'vitest'
import { ByteRuns } from './byte-runs.ts'

describe('ByteRuns', () => {
  it('gives back what was added, in order, once', () => {
    const runs = new ByteRuns()
    runs.add(Buffer.from('a'))
    runs.add(Buffer.from('b'))
    expect(runs.take().toString()).toBe('ab')
    expect(runs.take()).toHaveLength(0)
  })

  it('makes one view of neighbours in memory', () => {
    const memory = Buffer.from('abcdef')
    const runs = new ByteRuns()
    runs.add(memory.subarray(1, 3))
    runs.add(memory.subarray(3, 5))
    const taken = runs.take()
    expect(taken.toString()).toBe('bcde')
    expect([taken.buffer, taken.byteOffset]).toEqual([memory.buffer, memory.byteOffset + 1])
  })

  it('leaves out what was not added between neighbours', () => {
    const memory = Buffer.from('abcdef')
    const runs = new ByteRuns()
    runs.add(memory.subarray(0, 2))
    runs.add(memory.subarray(3, 6))
    expect(runs.take().toString()).toBe('abdef')
  })
})
