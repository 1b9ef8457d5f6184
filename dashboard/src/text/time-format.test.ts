import { describe, expect, it } from 'vitest'
import { formatLength, formatRelative } from './time-format.ts'

const NOW = Date.UTC(2026, 10, 29, 13, 5, 1)

describe('formatRelative()', () => {
  it.each([
    [0, 'now'],
    [1900, 'now'],
    [-12_000, '12s ago'],
    [-119_000, '1m ago'],
    [-3_600_000, '1h ago'],
    [3 * 86_400_000, 'in 3d'],
  ])('%d milliseconds from now', (distance, expected) => {
    expect(formatRelative(NOW + distance, NOW)).toBe(expected)
  })
})

describe('formatLength()', () => {
  it.each([
    [0.4, '0 s'],
    [5, '5 s'],
    [725, '12 min 5 s'],
    [3600, '1 h'],
    [3 * 86_400 + 4 * 3600 + 59, '3 d 4 h'],
    [86_400 + 61, '1 d'],
  ])('%d seconds', (seconds, expected) => {
    expect(formatLength(seconds)).toBe(expected)
  })
})
