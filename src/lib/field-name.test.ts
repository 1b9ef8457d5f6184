import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lowerName } from './field-name.ts'

describe('lowerName()', () => {
  it.each(['content-type', 'Content-Type', 'CONTENT-TYPE', 'X-Stainless-OS', 'x-nobody-knows', 'Constructor', ''])(
    'gives %j in lower case',
    (name) => expect(lowerName(name)).toBe(name.toLowerCase()),
  )

  it('does so with any name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(lowerName(name)).toBe(name.toLowerCase())
      }),
    )
  })
})
