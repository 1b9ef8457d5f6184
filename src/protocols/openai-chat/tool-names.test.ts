import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { scanJson } from '../../lib/json.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeContext, dialect } from './test-support.ts'
import { ToolNames, wireToolId } from './tool-names.ts'

const EMPTY: CanonicalRequest = decodeRequest(scanJson('{"model":"m","messages":[]}'), decodeContext())

describe('ToolNames', () => {
  it('gives every name one of its own that vendors take, and finds it again (59)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 90, unit: 'grapheme' })), (names) => {
        const map = new ToolNames(EMPTY, false)
        const wire = names.map((name) => map.wire(name))
        expect(new Set(wire).size).toBe(names.length)
        for (const [index, name] of wire.entries()) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
          expect(map.originals.get(name) ?? name).toBe(names[index])
        }
      }),
    )
  })

  it('names a tool the same whatever others there are (40)', () => {
    const alone = new ToolNames(EMPTY, false).wire('a.b')
    const map = new ToolNames(EMPTY, false)
    map.wire('a b')
    expect(map.wire('a.b')).toBe(alone)
  })
})

describe('wireToolId()', () => {
  it('keeps ids that the vendor takes, and makes the others', () => {
    expect(wireToolId('toolu_1', false, dialect())).toBe('toolu_1')
    expect(wireToolId('a'.repeat(41), false, dialect())).toMatch(/^call_[A-Za-z0-9]{24}$/)
    expect(wireToolId('a'.repeat(41), true, dialect())).toBe('a'.repeat(41))
    const mistral = dialect({ toolIds: 'nine-alphanumeric' })
    expect(wireToolId('abcDEF123', true, mistral)).toBe('abcDEF123')
    expect(wireToolId('call_1', true, mistral)).toMatch(/^[A-Za-z0-9]{9}$/)
  })
})
