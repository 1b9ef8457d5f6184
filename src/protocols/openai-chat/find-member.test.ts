import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findMember } from './find-member.ts'

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
