import { describe, expect, it } from 'vitest'
import { usedHeap } from '../../../test/support/used-heap.ts'
import vocabulary from '../data/openai-vocabulary.json' with { type: 'json' }
import { OpenAiEncoding } from './openai-encoding.ts'

const encoding = new OpenAiEncoding(vocabulary)

describe('OpenAiEncoding', () => {
  // Counts of tiktoken's o200k_base.
  it.each([
    ['hello world', 2],
    ['tiktoken is great!', 6],
    ['antidisestablishmentarianism', 6],
    ['2 + 2 = 4', 7],
    ['お誕生日おめでとう', 8],
    ['<|endoftext|>', 7],
    ['', 0],
  ])('counts %j', (text, tokens) => {
    expect(encoding.count(text)).toBe(tokens)
  })

  it('counts text in which no token fits as bytes', () => {
    expect(encoding.count('\u{1F9FF}\u0001\u007f')).toBeGreaterThan(3)
    expect(encoding.count('\ud800')).toBe(encoding.count('\ufffd'))
  })

  it('takes time in proportion to a text without a blank', () => {
    expect(encoding.count('xq'.repeat(100_000))).toBeGreaterThan(1000)
  })

  it('remembers pieces, and not the texts that they were cut out of', async () => {
    const before = await usedHeap()
    for (let at = 0; at < 40; at++) {
      const word = `verylongword${String.fromCharCode(97 + (at % 26)).repeat(1 + at)}`
      const text = Buffer.from(`${word} ${'the cat sat. '.repeat(37_000)}`).toString()
      expect(encoding.count(text.slice(0, 1000))).toBeGreaterThan(0)
    }
    expect((await usedHeap()) - before).toBeLessThan(8 * 1024 * 1024)
  })
})
