import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findMember, isString } from './json-member.ts'

const MODEL = Buffer.from('"model"')

describe('findMember()', () => {
  const find = (json: string): string | null => {
    const bytes = Buffer.from(`data: ${json}\n\n`)
    const found = findMember(bytes, 6, 6 + Buffer.byteLength(json), MODEL)
    return found === null ? null : bytes.subarray(found.start, found.end).toString()
  }

  it.each([
    ['{"model":"a"}', '"a"'],
    ['{"id":"x", "model" : "a\\"b" ,"z":1}', '"a\\"b"'],
    ['{"a":{"model":"no"},"b":["model"],"model":"yes"}', '"yes"'],
    ['{"a":"\\"model\\":\\"no\\"","model":"yes"}', '"yes"'],
    ['{"a":"model","model":null}', 'null'],
    ['{"a":{"model":"no"}}', null],
    ['{"models":"no"}', null],
  ])('finds the model in %s', (json, value) => {
    expect(find(json)).toBe(value)
  })

  it('finds one inside of another', () => {
    const bytes = Buffer.from('{"model":"no","message":{"id":1,"model":"yes"}}')
    const message = findMember(bytes, 0, bytes.length, Buffer.from('"message"'))
    const model = findMember(bytes, message?.start ?? 0, bytes.length, MODEL)
    expect(bytes.subarray(model?.start, model?.end).toString()).toBe('"yes"')
  })

  it('finds what JSON.parse finds', () => {
    const key = fc.oneof(fc.constant('model'), fc.string())
    const object = fc.dictionary(key, fc.oneof(fc.string({ unit: 'grapheme' }), fc.dictionary(key, fc.string())))
    fc.assert(
      fc.property(object, (value) => {
        const found = Object.hasOwn(value, 'model') && typeof value['model'] === 'string' ? value['model'] : undefined
        if (typeof value['model'] === 'object') return
        const text = find(JSON.stringify(value))
        expect(text === null ? undefined : JSON.parse(text)).toBe(found)
      }),
    )
  })
})

describe('isString()', () => {
  it.each([
    ['"a"', 'a', true],
    ['"\\u0061\\/b"', 'a/b', true],
    ['"gr\u00fc\u00df"', 'gr\u00fc\u00df', true],
    ['"ab"', 'a', false],
    ['"\\u0062"', 'a', false],
    ['null', 'null', false],
  ])('%s, asked for %s: %s', (json, text, is) => {
    const bytes = Buffer.from(json)
    expect(isString(bytes, { start: 0, end: bytes.length }, text, Buffer.from(JSON.stringify(text)))).toBe(is)
  })
})
