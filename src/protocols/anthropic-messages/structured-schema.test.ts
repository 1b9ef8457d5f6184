import { describe, expect, it } from 'vitest'
import { scanJson } from '../../lib/json.ts'
import { toStructuredSchema } from './structured-schema.ts'

function structured(schema: object): unknown {
  return JSON.parse(toStructuredSchema(scanJson(JSON.stringify(schema))).schema)
}

describe('toStructuredSchema()', () => {
  it('closes objects at every level and leaves the rest', () => {
    const inner = { type: 'object', properties: { b: { type: ['object', 'null'], properties: {} } }, required: ['b'] }
    expect(
      structured({
        type: 'object',
        properties: { a: { type: 'array', items: inner } },
        $defs: { d: { properties: {} } },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        a: {
          type: 'array',
          items: {
            ...inner,
            properties: { b: { type: ['object', 'null'], properties: {}, additionalProperties: false } },
            additionalProperties: false,
          },
        },
      },
      $defs: { d: { properties: {}, additionalProperties: false } },
      additionalProperties: false,
    })
  })

  it('moves refused rules into descriptions and says so', () => {
    const schema = { type: 'string', description: 'a name', minLength: 1, format: 'phone' }
    expect(structured(schema)).toEqual({ type: 'string', description: 'a name\n(minLength: 1; format: "phone")' })
    expect(toStructuredSchema(scanJson(JSON.stringify(schema))).loosened).toBe(true)
    expect(toStructuredSchema(scanJson('{"type":"string","format":"date-time"}')).loosened).toBe(false)
  })

  it('keeps minItems of 0 and 1, and writes oneOf as anyOf', () => {
    expect(structured({ type: 'array', minItems: 1, items: { oneOf: [{ type: 'string' }, { const: 1 }] } })).toEqual({
      type: 'array',
      minItems: 1,
      items: { anyOf: [{ type: 'string' }, { const: 1 }] },
    })
  })

  it('does not take properties for keywords (case 60)', () => {
    const schema = {
      type: 'object',
      properties: { minimum: { type: 'number' }, properties: { type: 'string' }, $ref: { type: 'string' } },
    }
    expect(structured(schema)).toEqual({ ...schema, additionalProperties: false })
  })

  it('keeps digits (case 61)', () => {
    expect(toStructuredSchema(scanJson('{"enum":[12345678901234567890,1.0]}')).schema).toBe(
      '{"enum":[12345678901234567890,1.0]}',
    )
  })

  it('keeps schemas that are only true or false', () => {
    expect(structured({ anyOf: [true, { type: 'null' }] })).toEqual({ anyOf: [true, { type: 'null' }] })
  })
})
