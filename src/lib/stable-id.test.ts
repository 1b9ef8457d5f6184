import { describe, expect, it } from 'vitest'
import { stableId } from './stable-id.ts'

describe('stableId()', () => {
  it('gives the same id for the same seeds, today and forever', () => {
    expect(stableId(9, 'resp_1', '0', 'read')).toBe('79BbGT783')
  })

  it('tells apart where one seed ends and the next begins', () => {
    expect(stableId(20, 'ab', 'c')).not.toBe(stableId(20, 'a', 'bc'))
  })

  it('has only letters and digits, as many as asked for', () => {
    for (let seed = 0; seed < 200; seed++) expect(stableId(43, String(seed))).toMatch(/^[A-Za-z0-9]{43}$/)
  })
})
