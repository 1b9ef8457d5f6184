import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/error.ts'
import { scanJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { invalidRequest, literal, readingAnswer, readingRequest, requiredString, scanRequest } from './wire.ts'

const scan = (text: string, maxDepth = 256): JsonNode => scanRequest(Buffer.from(text), maxDepth)

describe('scanRequest()', () => {
  it('takes objects only', () => {
    expect(scan('{"a":1}').get('a')?.raw).toBe('1')
    expect(() => scan('[]')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(() => scan('{')).toThrow(expect.objectContaining({ code: 'invalid_json' }))
    expect(() => scan('{"a":[[]]}', 2)).toThrow(expect.objectContaining({ code: 'invalid_json' }))
  })
})

describe('readingRequest() and readingAnswer()', () => {
  const twice = (): unknown => scanJson('{"a":1,"a":2}').get('a')

  it('blame whoever wrote the JSON', () => {
    expect(() => readingRequest(twice)).toThrow(expect.objectContaining({ code: 'invalid_json', blame: 'client' }))
    expect(() => readingAnswer(twice)).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response', blame: 'upstream' }),
    )
    expect(() =>
      readingAnswer(() => {
        throw invalidRequest('content.0', 'must be an object')
      }),
    ).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
  })

  it('let other errors through', () => {
    const error = new GatewayError('upstream_overloaded', 'x')
    const fail = (): never => {
      throw error
    }
    expect(() => readingRequest(fail)).toThrow(error)
    expect(() => readingAnswer(fail)).toThrow(error)
  })
})

describe('requiredString()', () => {
  it('gives the literal, or says where it should be', () => {
    const node = scanJson('{"a":"\\u00e9","b":1}')
    expect(requiredString(node, 'a', 'x')).toBe('"\\u00e9"')
    expect(() => requiredString(node, 'b', 'x.0')).toThrow(expect.objectContaining({ param: 'x.0.b' }))
    expect(() => requiredString(node, 'c', '')).toThrow(expect.objectContaining({ param: 'c' }))
  })
})

describe('literal()', () => {
  it('is the same text', () => {
    expect(literal('{}')).toBe('{}')
  })
})
