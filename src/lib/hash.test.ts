import { describe, expect, it } from 'vitest'
import { sha256 } from './hash.ts'

describe('sha256()', () => {
  it('gives the hex digest, cut to the length asked for', () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(sha256('abc')).toBe(digest)
    expect(sha256(Buffer.from('abc'), 12)).toBe(digest.slice(0, 12))
  })
})
