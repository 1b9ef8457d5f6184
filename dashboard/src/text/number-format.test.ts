import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDollars,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatShort,
  formatThings,
} from './number-format.ts'

describe('numbers', () => {
  it.each([
    [formatShort(0), '0'],
    [formatShort(9999), '9,999'],
    [formatShort(112_345_678), '112M'],
    [formatRate(0.0345), '0.0345'],
    [formatRate(12.345), '12.3'],
    [formatShare(0.0312), '3.1%'],
    [formatMilliseconds(0.42), '0.42 ms'],
    [formatMilliseconds(85), '85 ms'],
    [formatMilliseconds(1254), '1.25 s'],
    [formatMilliseconds(126_000), '2.1 min'],
    [formatBytes(0), '0 B'],
    [formatBytes(999), '999 B'],
    [formatBytes(81_300_000), '81.3 MB'],
    [formatDollars(0), '$0.00'],
    [formatDollars(0.00042), '$0.00042'],
    [formatDollars(1234.5), '$1,234.50'],
    [formatThings(1, 'request'), '1 request'],
    [formatThings(2000, 'request'), '2,000 requests'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected)
  })
})
