import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration()', () => {
  it.each<[number | string, number]>([
    [0, 0],
    [30, 30_000],
    [0.5, 500],
    ['30', 30_000],
    ['1.5', 1500],
    ['500ms', 500],
    ['30s', 30_000],
    ['30 s', 30_000],
    ['5m', 300_000],
    ['1 minute', 60_000],
    ['2 MINUTES', 120_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h 30m 5s', 5_405_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
  ])('reads %j as %i ms', (written, milliseconds) => {
    expect(parseDuration(written)).toBe(milliseconds)
  })

  it.each([-1, NaN, Infinity, '', ' ', 's', 'soon', '10 parsecs', '10x', '-5s', '5s!', '1h,30m', '25d', 1e12, '1e3'])(
    'refuses %j',
    (written) => {
      expect(parseDuration(written)).toBeNull()
    },
  )
})

describe('formatDuration()', () => {
  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1500, '1500ms'],
    [30_000, '30s'],
    [90_000, '90s'],
    [60_000, '1m'],
    [7_200_000, '2h'],
  ])('writes %i ms as %s, which reads as the same', (milliseconds, written) => {
    expect(formatDuration(milliseconds)).toBe(written)
    expect(parseDuration(written)).toBe(milliseconds)
  })
})
