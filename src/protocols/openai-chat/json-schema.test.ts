import { describe, expect, it } from 'vitest'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { closeObjects, isStrictSchema, toolParameters } from './json-schema.ts'

const closed = (properties: JsonValue, required: JsonValue = []): { [name: string]: JsonValue } => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

describe('isStrictSchema()', () => {
  it.each<[string, JsonValue, boolean]>([
    ['a closed object', closed({ a: { type: 'string' } }, ['a']), true],
    [
      'properties named like keywords (60)',
      closed({ type: {}, properties: {}, $ref: {} }, ['type', 'properties', '$ref']),
      true,
    ],
    ['a closed object inside', closed({ a: { anyOf: [closed({}), { type: 'null' }] } }, ['a']), true],
    ['a type list', closed({ a: { type: ['string', 'null'] } }, ['a']), true],
    ['definitions', { ...closed({ a: { $ref: '#/$defs/b' } }, ['a']), $defs: { b: closed({}) } }, true],
    ['an optional property', closed({ a: {} }), false],
    ['an open object', { type: 'object', properties: {} }, false],
    ['an open object inside', closed({ a: { type: 'array', items: { type: 'object' } } }, ['a']), false],
    ['an open definition', { ...closed({}), $defs: { b: { type: 'object' } } }, false],
    ['a choice at the root', { ...closed({}), anyOf: [closed({})] }, false],
    ['allOf', closed({ a: { allOf: [] } }, ['a']), false],
    ['no object', { type: 'array', items: {} }, false],
    ['true for a schema', closed({ a: true }, ['a']), false],
  ])('of %s: %s', (_name, schema, strict) => {
    expect(isStrictSchema(toJsonText(schema))).toBe(strict)
  })
})

describe('closeObjects()', () => {
  it('closes what is open, and keeps every other byte', () => {
    const schema = toJsonText({
      type: 'object',
      properties: { b: { type: 'object', additionalProperties: true }, a: { items: { type: 'object' } } },
    })
    expect(closeObjects(schema)).toBe(
      '{"additionalProperties":false,"type":"object","properties":{"b":{"type":"object","additionalProperties":true},' +
        '"a":{"items":{"additionalProperties":false,"type":"object"}}}}',
    )
  })
})

describe('toolParameters()', () => {
  it('requires of allOf what any branch requires', () => {
    const schema = toJsonText({
      allOf: [
        { properties: { a: {} }, required: ['a'] },
        { properties: { b: {} }, required: ['b'] },
      ],
    })
    const { schema: merged } = toolParameters(scanJson(schema))
    expect(JSON.parse(merged)).toEqual({ type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] })
  })
})
