import { expect, it } from 'vitest'
import { plainText } from './plain-text.ts'

it('shows what has no sign, and what turns the direction of writing', () => {
  expect(plainText('claude-sonnet')).toBe('claude-sonnet')
  expect(plainText('\u202egnp.exe')).toBe(String.raw`\u{202e}gnp.exe`)
  expect(plainText('a\u0000b\nc\u200bd\u2066e')).toBe(String.raw`a\u{0}b\u{a}c\u{200b}d\u{2066}e`)
  expect(plainText('Grüße 你好 🙂')).toBe('Grüße 你好 🙂')
})
