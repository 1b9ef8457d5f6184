import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ownCopy } from './own-copy.ts'

function used(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}

describe('ownCopy()', () => {
  it('gives the same text', () => {
    for (const text of ['', 'a', 'ein längerer Name 𝄞', 'x'.repeat(10_000)]) expect(ownCopy(text)).toBe(text)
  })

  it('keeps nothing of what the text was cut out of', () => {
    const before = used()
    const names = Array.from({ length: 50 }, (_, index) => {
      const body = Buffer.from(`{"model":"a-name-of-a-model-${index}",${' '.repeat(1_000_000)}}`).toString('latin1')
      return ownCopy(body.slice(10, 31))
    })
    expect(used() - before).toBeLessThan(25_000_000)
    expect(names[7]).toBe('a-name-of-a-model-7",')
  })
})
