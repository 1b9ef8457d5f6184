import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonValue } from '../lib/json.ts'
import { sampleValue } from './schema-sample.ts'

const SCHEMAS: Readonly<Record<string, JsonValue>> = {
  'required properties': {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' }, note: { type: 'string' } },
    required: ['city', 'days'],
  },
  'enum and const': {
    type: 'object',
    properties: { unit: { enum: ['c', 'f'] }, version: { const: 3 } },
    required: ['unit', 'version'],
  },
  bounds: {
    type: 'object',
    properties: {
      low: { type: 'integer', minimum: 5 },
      high: { type: 'integer', maximum: -3 },
      between: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
      step: { type: 'integer', minimum: 10, multipleOf: 7 },
      long: { type: 'string', minLength: 20 },
      short: { type: 'string', maxLength: 2 },
      code: { type: 'string', pattern: '^[A-Z]{3}\\d$' },
    },
    required: ['low', 'high', 'between', 'step', 'long', 'short', 'code'],
  },
  formats: {
    type: 'object',
    properties: { at: { type: 'string', format: 'date-time' }, mail: { type: 'string', format: 'email' } },
    required: ['at', 'mail'],
  },
  arrays: {
    type: 'object',
    properties: {
      tags: { type: 'array', items: { type: 'string' }, minItems: 3 },
      none: { type: 'array', items: { type: 'string' }, maxItems: 0 },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    },
    required: ['tags', 'none', 'pair'],
  },
  'type lists': { type: 'object', properties: { a: { type: ['null', 'integer'] } }, required: ['a'] },
  alternatives: {
    type: 'object',
    properties: {
      a: { anyOf: [{ type: 'object', properties: { b: { type: 'boolean' } }, required: ['b'] }, { type: 'null' }] },
    },
    required: ['a'],
  },
  references: {
    type: 'object',
    properties: { place: { $ref: '#/$defs/place' } },
    required: ['place'],
    $defs: { place: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
  },
  'a schema that contains itself': {
    type: 'object',
    properties: { tree: { $ref: '#/$defs/node' } },
    required: ['tree'],
    $defs: {
      node: {
        type: 'object',
        properties: { left: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['left'],
      },
    },
  },
}

describe('sampleValue()', () => {
  it.each(Object.keys(SCHEMAS))('is valid for %s', (name) => {
    const schema = SCHEMAS[name] ?? {}
    const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
    const verdict = validator.safeParse(sampleValue(schema))
    expect(verdict.error?.issues ?? []).toEqual([])
  })

  it('names texts after the property that they are in', () => {
    expect(sampleValue(SCHEMAS['required properties'] ?? {})).toEqual({ city: 'city', days: 1 })
  })

  it('makes the members of a set differ', () => {
    const items = { type: 'array', minItems: 3, uniqueItems: true }
    expect(sampleValue({ ...items, items: { enum: ['a', 'b', 'c'] } })).toEqual(['a', 'b', 'c'])
    expect(new Set(sampleValue({ ...items, items: { type: 'string' } }) as string[]).size).toBe(3)
    expect(new Set(sampleValue({ ...items, items: { type: 'integer' } }) as number[]).size).toBe(3)
  })

  it('merges allOf, and fills up to minProperties', () => {
    const parts = [
      { properties: { a: { type: 'integer' } }, required: ['a'] },
      { properties: { b: { type: 'boolean' } }, required: ['b'] },
    ]
    expect(sampleValue({ type: 'object', allOf: parts })).toEqual({ a: 1, b: true })
    expect(Object.keys(sampleValue({ type: 'object', minProperties: 2 }) as object)).toHaveLength(2)
  })
})
