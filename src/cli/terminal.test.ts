import { describe, expect, it } from 'vitest'
import { printable, table } from './terminal.ts'

describe('printable()', () => {
  it('leaves no escape sequence and no control character', () => {
    expect(printable('a\u001B[31mred\u001B[0m\u001B]52;c;ZXZpbA==\u0007b\r\nc')).toBe('aredb  c')
  })
})

describe('table()', () => {
  it('aligns columns by what is visible and leaves no trailing spaces', () => {
    expect(
      table([
        ['\u001B[1mid\u001B[22m', 'type'],
        ['work', 'anthropic'],
        ['x', ''],
      ]),
    ).toEqual(['\u001B[1mid\u001B[22m    type', 'work  anthropic', 'x'])
  })
})
