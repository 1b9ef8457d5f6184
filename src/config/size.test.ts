import { describe, expect, it } from 'vitest'
import { parseSize } from './size.ts'

describe('parseSize()', () => {
  it.each<[number | string, number]>([
    [0, 0],
    [1_048_576, 1_048_576],
    ['1048576', 1_048_576],
    ['10b', 10],
    ['32kb', 32_768],
    ['32 KiB', 32_768],
    ['32MB', 33_554_432],
    ['1.5m', 1_572_864],
    ['1gb', 1_073_741_824],
  ])('reads %j as %i bytes', (written, bytes) => {
    expect(parseSize(written)).toBe(bytes)
  })

  it.each([-1, 1.5, NaN, Infinity, '', 'mb', 'big', '1tb', '-1kb', '1 kb 2', '9999999999gb'])(
    'refuses %j',
    (written) => {
      expect(parseSize(written)).toBeNull()
    },
  )
})
