import { describe, expect, it } from 'vitest'
import { digest, seedOf, sign, verify } from './identity.ts'

const SEED = digest('a request')
const PROMPT = digest('a prompt')
const THINKING = { kind: 'thinking', text: 'hm' } as const

const unbound = (): string => PROMPT

describe('sign()', () => {
  it('is base64, the same for the same thought and another for another', () => {
    const signature = sign(THINKING, SEED, 0, null)
    expect(signature).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
    expect(sign(THINKING, SEED, 0, null)).toBe(signature)
    expect(sign(THINKING, digest('another'), 0, null)).not.toBe(signature)
    expect(sign(THINKING, SEED, 1, null)).not.toBe(signature)
  })
})

describe('verify()', () => {
  it('accepts what was signed', () => {
    expect(verify(sign(THINKING, SEED, 0, null), THINKING, unbound)).toBe('valid')
  })

  it('tells a foreign signature, a changed text and another kind', () => {
    const signature = sign(THINKING, SEED, 0, null)
    expect(verify('c2lnbmF0dXJl', THINKING, unbound)).toBe('foreign')
    expect(verify('no base64!', THINKING, unbound)).toBe('foreign')
    expect(verify(`A${signature.slice(1, -1)}A`, THINKING, unbound)).toBe('foreign')
    expect(verify(signature, { ...THINKING, text: 'hm.' }, unbound)).toBe('foreign')
    expect(verify(signature, { kind: 'redacted-thinking', text: 'hm' }, unbound)).toBe('foreign')
  })

  it('tells bound thinking behind another prompt', () => {
    const signature = sign(THINKING, SEED, 0, PROMPT)
    expect(verify(signature, THINKING, () => PROMPT)).toBe('valid')
    expect(verify(signature, THINKING, () => digest('another prompt'))).toBe('moved')
  })
})

describe('seedOf()', () => {
  const turn = { role: 'user', texts: ['a'], results: [], calls: new Map() } as const

  it('differs with the model, the size of the prompt and the newest turn', () => {
    const seeds = [
      seedOf('text', 5, [turn]),
      seedOf('echo', 5, [turn]),
      seedOf('text', 6, [turn]),
      seedOf('text', 5, [turn, turn]),
      seedOf('text', 5, [{ ...turn, texts: ['b'] }]),
    ]
    expect(new Set(seeds).size).toBe(seeds.length)
    expect(seeds.every((seed) => /^[0-9a-f]{16}$/.test(seed))).toBe(true)
  })
})
