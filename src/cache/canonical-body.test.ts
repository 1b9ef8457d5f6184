import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanJson } from '../lib/json.ts'
import { canonicalBody } from './canonical-body.ts'

const STREAM = new Set(['stream'])

/** As requests are read: their UTF-8 seen as latin1. */
function canonical(body: string, ignored: ReadonlySet<string> = new Set()): string {
  return canonicalBody(scanJson(Buffer.from(body).toString('latin1')), ignored)
}

const bodies = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())

/** A value written with whitespace in all places that JSON has for it. */
function spaced(value: unknown, space: string): string {
  if (Array.isArray(value))
    return `[${space}${value.map((item) => spaced(item, space)).join(`${space},${space}`)}${space}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}${space}:${space}${spaced(member, space)}`,
  )
  return `{${space}${members.join(`${space},${space}`)}${space}}`
}

describe('canonicalBody()', () => {
  it('is the same however a request is spaced, and in whichever order its members stand (property)', () => {
    fc.assert(
      fc.property(bodies, fc.constantFrom('', ' ', '\n\t', '\r\n  '), (body, space) => {
        const turned = Object.fromEntries(Object.entries(body).toReversed())
        expect(canonical(spaced(turned, space))).toBe(canonical(JSON.stringify(body)))
      }),
    )
  })

  it('means what the request means (property)', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const text = Buffer.from(canonical(JSON.stringify(body)), 'latin1').toString('utf8')
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(body)))
      }),
    )
  })

  it('differs for requests of different meaning (property)', () => {
    fc.assert(
      fc.property(bodies, bodies, (one, other) => {
        const [first, second] = [JSON.stringify(one), JSON.stringify(other)]
        const areSame = canonical(first) === canonical(second)
        if (areSame) expect(JSON.parse(first)).toEqual(JSON.parse(second))
      }),
    )
  })

  it('differs after any change of a value (property)', () => {
    fc.assert(
      fc.property(bodies, fc.string(), fc.jsonValue(), fc.jsonValue(), (body, name, one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        const [first, second] = [one, other].map((value) => canonical(JSON.stringify({ ...body, [`x${name}`]: value })))
        expect(first).not.toBe(second)
      }),
    )
  })

  it.each([
    ['the order of nested members', '{"tools":[{"a":1,"b":2}]}', '{"tools":[{"b":2,"a":1}]}'],
    ['how a number is written', '{"top_p":1}', '{"top_p":1.0}'],
    ['digits that no number type holds', '{"seed":12345678901234567890}', '{"seed":12345678901234567891}'],
    ['space within a text', '{"system":"a b"}', '{"system":"a  b"}'],
    ['a null', '{"a":null}', '{}'],
    ['a text and a number', '{"a":1}', '{"a":"1"}'],
    ['names that look the same as latin1', '{"x":{"\u00e9":1}}', '{"x":{"\\u00c3\\u00a9":1}}'],
  ])('keeps apart %s', (_what, one, other) => {
    expect(canonical(one)).not.toBe(canonical(other))
  })

  it('leaves out what it is told to, at the top only', () => {
    expect(canonical('{"stream":true,"a":1}', STREAM)).toBe(canonical('{"a":1}'))
    expect(canonical('{"str\\u0065am":true,"a":1}', STREAM)).toBe(canonical('{"a":1}'))
    expect(canonical('{"a":{"stream":true}}', STREAM)).not.toBe(canonical('{"a":{}}'))
  })
})
