import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeKind, describeValue, excerptAt, printable } from './excerpt.ts'

/** The excerpt for the first place where `needle` stands. */
function excerptOf(source: string, needle: string, reveal = true) {
  const { text, start, length } = excerptAt(source, source.indexOf(needle), needle.length, reveal)
  return { text, focus: text.slice(start, start + length) }
}

describe('excerptAt()', () => {
  it('shows the line, and the value that it is about', () => {
    expect(excerptOf('{\n  "port": 70000,\n}', '70000')).toEqual({ text: '  "port": 70000,', focus: '70000' })
  })

  it('masks every other text on the line', () => {
    const source = '{ "apiKey": "sk-canary", "type": "antropic", "x": ["sk-canary"] }'
    expect(excerptOf(source, '"antropic"')).toEqual({
      text: '{ "apiKey": "…", "type": "antropic", "x": ["…"] }',
      focus: '"antropic"',
    })
  })

  it('masks the value that it is about when it is a secret', () => {
    expect(excerptOf('{ "apiKey": "sk-1" }', '"sk-1"', false)).toEqual({ text: '{ "apiKey": "…" }', focus: '"…"' })
  })

  it('masks a long value, which may be a key in the wrong place', () => {
    const key = `"sk-ant-${'x'.repeat(30)}"`
    expect(excerptOf(`{ "type": ${key} }`, key)).toEqual({ text: '{ "type": "…" }', focus: '"…"' })
  })

  it('masks comments, also those that begin on an earlier line', () => {
    expect(excerptOf('{ "a": 1, // sk-canary\n}', '1').text).toBe('{ "a": 1, // …')
    expect(excerptOf('{ /* sk-1\n sk-2 */ "a": 1 }', '1 }').text).toBe('/* … */ "a": 1 }')
  })

  it('masks what is no JSON, long numbers and long names', () => {
    expect(excerptOf('{ "a": sk-canary }', 'sk-canary').text).toBe('{ "a": … }')
    expect(excerptOf('{ "a": 1234567890123, "b": 2 }', '2').text).toBe('{ "a": …, "b": 2 }')
    expect(excerptOf(`{ "${'k'.repeat(60)}": 2 }`, '2').text).toBe('{ "…": 2 }')
  })

  it('masks a text that does not end', () => {
    expect(excerptOf('{ "a": "sk-canary\n}', '"sk-canary', false)).toEqual({ text: '{ "a": "…"', focus: '"…"' })
  })

  it('keeps tabs, so that marks below stand right', () => {
    expect(excerptOf('\t\t"a": 5', '5').text).toBe('\t\t"a": 5')
  })

  it('has no control characters and none that turn text around', () => {
    expect(excerptOf('{ "a\u001b[31m\u202e": 5 }', '5').text).toBe('{ "a\uFFFD[31m\uFFFD": 5 }')
  })

  it('stands at the end for a place behind the last character', () => {
    expect(excerptAt('{', 1, 0, false)).toEqual({ text: '{', start: 1, length: 1 })
    expect(excerptAt('', 0, 0, false)).toEqual({ text: '', start: 0, length: 1 })
  })

  it('never shows a text, a comment or a word that it is not about, whatever the file looks like', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ': ',
      '\n',
      '\t',
      '"',
      '\\',
      '/*',
      '*/',
      '//',
      ' ',
      '1',
      'true',
    )
    const pieces = fc.array(fc.oneof(piece, fc.constant('canary')), { maxLength: 30 })
    fc.assert(
      fc.property(pieces, fc.nat(), (parts, seed) => {
        const source = parts.join('')
        const offset = seed % (source.length + 1)
        const { text } = excerptAt(source, offset, 1, false)
        // Names may be shown: a text with a colon behind it.
        expect(text.replaceAll(/"[^"]*"(?=\s*:)/g, '')).not.toContain('canary')
      }),
    )
  })
})

describe('describeValue()', () => {
  it.each<[unknown, string]>([
    ['abc', '"abc"'],
    ['', 'an empty text'],
    ['x'.repeat(25), 'a text of 25 characters'],
    ['a\u001b', '"a\\u001b"'],
    [5, '5'],
    [12345678901, 'such a number'],
    [true, 'true'],
    [null, 'null'],
    [[1], 'a list'],
    [{}, 'an object'],
    [undefined, 'nothing'],
  ])('puts %j into words', (value, words) => {
    expect(describeValue(value)).toBe(words)
  })
})

describe('describeKind()', () => {
  it.each<[unknown, string]>([
    ['secret', 'this text'],
    ['', 'an empty text'],
    [1234, 'a number'],
    [['secret'], 'a list'],
  ])('says no more of %j than what it is', (value, words) => {
    expect(describeKind(value)).toBe(words)
  })
})

describe('printable()', () => {
  it('leaves letters of all languages alone', () => {
    expect(printable('grün 日本 🦀')).toBe('grün 日本 🦀')
  })
})
