import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateKey, hashKey, isIntactKey, maskKey } from './keys.ts'

describe('generateKey()', () => {
  it('makes a visible prefix, 32 random characters and a checksum', () => {
    expect(generateKey()).toMatch(/^ucr_[0-9A-Za-z]{38}$/)
  })

  it('makes another key each time', () => {
    const keys = new Set(Array.from({ length: 500 }, generateKey))
    expect(keys.size).toBe(500)
  })

  it('uses every character of its alphabet', () => {
    const characters = new Set(Array.from({ length: 500 }, () => generateKey().slice(4, 36)).join(''))
    expect(characters.size).toBe(62)
  })
})

describe('isIntactKey()', () => {
  it('accepts what generateKey() made', () => {
    for (let index = 0; index < 100; index++) expect(isIntactKey(generateKey())).toBe(true)
  })

  it.each([
    ['cut', (key: string) => key.slice(0, -1)],
    ['longer', (key: string) => `${key}0`],
    ['mistyped', (key: string) => key.slice(0, 10) + (key[10] === 'a' ? 'b' : 'a') + key.slice(11)],
    ['of another program', (key: string) => key.replace('ucr_', 'sk-_')],
    ['empty', () => ''],
  ])('refuses a key that is %s', (_, change) => {
    expect(isIntactKey(change(generateKey()))).toBe(false)
  })
})

describe('hashKey()', () => {
  it('is the SHA-256 of the key in hexadecimal', () => {
    expect(hashKey('secret')).toBe(`sha256:${createHash('sha256').update('secret').digest('hex')}`)
  })
})

describe('maskKey()', () => {
  it('shows the prefix of our own keys and the last four characters', () => {
    expect(maskKey('ucr_0123456789abcd')).toBe('ucr_…abcd')
    expect(maskKey('sk-ant-0123456789wxyz')).toBe('…wxyz')
  })

  it('shows nothing of a key so short that four characters are much of it', () => {
    expect(maskKey('hunter2hunt')).toBe('…')
    expect(maskKey('')).toBe('…')
  })
})
