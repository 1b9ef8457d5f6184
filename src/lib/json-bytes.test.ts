import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonObject } from './json-bytes.ts'
import { scanJson } from './json.ts'

/** What the scanner says, which builds what it reads. */
function isScanned(text: string): boolean {
  try {
    return scanJson(text).kind === 'object'
  } catch {
    return false
  }
}

const is = (text: string): boolean => isJsonObject(Buffer.from(text), 0)

describe('isJsonObject()', () => {
  it.each([
    '{}',
    ' {"a":[]}\r\n\n',
    '{"a":[1,-0,0.5,1e9,-2.5E-3,10E+2],"":null,"b":true,"c":false}',
    '{"a":"\\u00e9\\n\\"\\\\\\/ é😀 \u007f"}',
    `{"a":${'['.repeat(255)}${']'.repeat(255)}}`,
  ])('takes %s', (text) => {
    expect(is(text)).toBe(true)
    expect(isScanned(text)).toBe(true)
  })

  it.each([
    '',
    ' ',
    '[]',
    '"a"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a" 1}',
    '{a:1}',
    '{"a":1}}',
    '{"a":1} x',
    '{"a":1}{"b":2}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":[}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":nul}',
    '{"a":truE}',
    '{"a":NaN}',
    '{"a":"b}',
    '{"a":"\\x"}',
    '{"a":"\\u00g0"}',
    '{"a":"\\u00',
    '{"a":"\\',
    '{"a":"\n"}',
    '{"a":"\t"}',
    "{'a':1}",
    `{"a":${'['.repeat(256)}${']'.repeat(256)}}`,
  ])('refuses %s', (text) => {
    expect(is(text)).toBe(false)
    expect(isScanned(text)).toBe(false)
  })

  it('begins where it is told', () => {
    expect(isJsonObject(Buffer.from('data: {"a":1}\n\n'), 5)).toBe(true)
    expect(isJsonObject(Buffer.from('{"a":1}'), 1)).toBe(false)
  })

  it('says what the scanner says of any object, cut or changed anywhere', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })
    const change = fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', ' ', '\n', 'x')
    fc.assert(
      fc.property(object, fc.nat(), fc.nat(3), change, (value, place, length, by) => {
        const text = JSON.stringify(value)
        const at = place % (text.length + 1)
        for (const changed of [text, text.slice(0, at), `${text.slice(0, at)}${by}${text.slice(at + length)}`]) {
          expect(is(changed)).toBe(isScanned(changed))
        }
      }),
      { numRuns: 1000 },
    )
  })
})
