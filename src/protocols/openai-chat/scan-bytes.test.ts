import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findMember, hasValue } from './scan-bytes.ts'

const USAGE = Buffer.from('"usage"')
const MODEL = Buffer.from('"model"')

describe('hasValue()', () => {
  it.each([
    ['{"usage":{"a":1}}', true],
    ['{"x":{"usage" : 5}}', true],
    ['{"usage":null}', false],
    ['{"usage": null,"x":{"usage":1}}', true],
    ['{"a":"\\"usage\\":1"}', false],
    ['{"a":"usage"}', false],
    ['{}', false],
  ])('of usage in %s: %s', (json, has) => {
    expect(hasValue(Buffer.from(json), USAGE)).toBe(has)
  })
})

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
