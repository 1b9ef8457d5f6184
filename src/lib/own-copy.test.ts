import { expect, it } from 'vitest'
import { ownCopy } from './own-copy.ts'

it('gives the same text', () => {
  for (const text of ['', 'a', 'ein längerer Name 𝄞', 'x'.repeat(10_000)]) expect(ownCopy(text)).toBe(text)
})
