import { describe, expect, it } from 'vitest'
import { readCursor, writeCursor } from './journal-cursor.ts'

describe('a cursor of the journal', () => {
  it('reads as it was written', () => {
    const positions = new Map([
      ['a1b2', 17],
      ['c3', 0],
    ])
    expect(readCursor(writeCursor(positions))).toEqual(positions)
  })

  it('remembers so many processes at most, those that were heard last', () => {
    const many = new Map(Array.from({ length: 500 }, (_, index) => [`p${index}`, index] as const))
    const read = readCursor(writeCursor(many))
    expect(read?.size).toBe(64)
    expect(read?.get('p499')).toBe(499)
  })

  it.each(['', 'x', 'a.b', Buffer.from('a.-1').toString('base64url'), Buffer.from('a.1,').toString('base64url')])(
    'is not %j',
    (text) => {
      expect(readCursor(text)).toBeNull()
    },
  )
})
