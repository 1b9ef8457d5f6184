import { describe, expect, it } from 'vitest'
import { scanJson } from '../../lib/json.ts'
import { toInputSchema } from './input-schema.ts'

function schemaFor(parameters: object | null): unknown {
  return JSON.parse(toInputSchema(parameters === null ? null : scanJson(JSON.stringify(parameters))).schema)
}

describe('toInputSchema()', () => {
  it('takes an object as it is, byte for byte', () => {
    const schema = '{ "type":"object", "properties":{"id":{"maximum":12345678901234567890}} }'
    expect(toInputSchema(scanJson(schema))).toEqual({ schema, loosened: false })
  })

  it('gives tools without parameters an empty object', () => {
    expect(schemaFor(null)).toEqual({ type: 'object', properties: {} })
    expect(schemaFor({})).toEqual({ type: 'object', properties: {} })
  })

  it('adds the type where it is missing or nullable', () => {
    expect(schemaFor({ properties: { a: {} } })).toEqual({ type: 'object', properties: { a: {} } })
    expect(schemaFor({ type: ['object', 'null'], properties: {} })).toEqual({ type: 'object', properties: {} })
  })

  it('merges alternatives at the root (case 60)', () => {
    const parameters = {
      $defs: { b: { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] } },
      properties: { kind: { type: 'string' } },
      required: ['kind'],
      anyOf: [{ properties: { a: { type: 'number' } }, required: ['a'] }, { $ref: '#/$defs/b' }],
    }
    expect(schemaFor(parameters)).toEqual({
      type: 'object',
      properties: { kind: { type: 'string' }, a: { type: 'number' }, b: { type: 'string' } },
      required: ['kind'],
      $defs: parameters.$defs,
    })
    expect(toInputSchema(scanJson(JSON.stringify(parameters))).loosened).toBe(true)
    expect(schemaFor({ allOf: [{ properties: { a: {} }, required: ['a'] }] })).toMatchObject({ required: ['a'] })
  })
})
