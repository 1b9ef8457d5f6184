import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CacheKeys } from './cache-keys.ts'

const SECRET = Buffer.alloc(32, 7)

describe('CacheKeys.digest()', () => {
  it('is the HMAC of the fields and the bytes (property)', () => {
    const keys = new CacheKeys(SECRET)
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.uint8Array(), (fields, bytes) => {
        const whole = createHmac('sha256', SECRET)
          .update(`${JSON.stringify(fields)}\n`)
          .update(bytes)
        expect(keys.digest(fields, Buffer.from(bytes))).toBe(whole.digest('base64url'))
        expect(keys.digest(fields, Buffer.from(bytes).toString('latin1'))).toBe(keys.digest(fields, Buffer.from(bytes)))
      }),
    )
  })

  it('differs where a field ends elsewhere, or the bytes begin elsewhere', () => {
    const keys = new CacheKeys(SECRET)
    const names = [
      keys.digest(['ab', 'c'], 'd'),
      keys.digest(['a', 'bc'], 'd'),
      keys.digest(['ab', 'c', 'd'], ''),
      keys.digest(['ab'], 'cd'),
      keys.digest(['ab","c'], 'd'),
      keys.digest(['ab', 'c"]\nd'], ''),
      new CacheKeys(Buffer.alloc(32, 8)).digest(['ab', 'c'], 'd'),
    ]
    expect(new Set(names).size).toBe(names.length)
  })
})
