import { describe, expect, it } from 'vitest'
import { usedHeap } from '../../test/support/used-heap.ts'
import { ownCopy } from './own-copy.ts'

describe('ownCopy()', () => {
  it('gives the same text', () => {
    for (const text of ['', 'a', 'ein längerer Name 𝄞', 'x'.repeat(10_000)]) expect(ownCopy(text)).toBe(text)
  })

  it('keeps nothing of what the text was cut out of', async () => {
    const before = await usedHeap()
    const names = Array.from({ length: 50 }, (_, index) => {
      const body = Buffer.from(`{"model":"a-name-of-a-model-${index}",${' '.repeat(1_000_000)}}`).toString('latin1')
      return ownCopy(body.slice(10, 31))
    })
    expect((await usedHeap()) - before).toBeLessThan(25_000_000)
    expect(names[7]).toBe('a-name-of-a-model-7",')
  })
})
