import { describe, expect, it } from 'vitest'
import { isAtLeast, OLDEST_NODE } from './version.ts'

describe('isAtLeast()', () => {
  it.each([
    ['v22.19.0', '22.19.0', true],
    ['22.19.1', '22.19.0', true],
    ['24.0.0', '22.19.0', true],
    ['22.18.9', '22.19.0', false],
    ['20.20.2', '22.19.0', false],
    ['23.0.0-nightly', '22.19.0', true],
  ])('%s against %s: %s', (version, floor, answer) => expect(isAtLeast(version, floor)).toBe(answer))
})

describe('OLDEST_NODE', () => {
  it('is a plain version', () => expect(OLDEST_NODE).toMatch(/^\d+\.\d+\.\d+$/))
})
