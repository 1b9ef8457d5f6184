import { describe, expect, it } from 'vitest'
import { weigh } from './weigh.ts'

describe('weigh()', () => {
  it('counts names and texts', () => {
    expect(weigh({ role: 'user', content: [{ text: 'hello' }, null, 7, true] })).toBe(4 + 4 + 7 + 4 + 5 + 4 + 4)
    expect(weigh(undefined)).toBe(0)
  })

  it('counts media flat and signatures not at all', () => {
    const image = (data: string): number => weigh({ type: 'base64', data })
    expect(image('A'.repeat(100_000))).toBe(image('AA'))
    expect(weigh(`data:image/png;base64,${'A'.repeat(100_000)}`)).toBe(weigh('data:image/png;base64,AA'))
    expect(weigh({ thinking: 'hm', signature: 'A'.repeat(500) })).toBe(10)
  })
})
