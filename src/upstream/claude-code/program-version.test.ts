import { expect, it } from 'vitest'
import { isRecent } from './program-version.ts'

it.each([
  ['2.1.330', true],
  ['2.1.331', true],
  ['2.2.0', true],
  ['10.0.0', true],
  ['2.1.329', false],
  ['2.0.999', false],
  ['1.9.999', false],
])('isRecent(%j) is %j', (version, expected) => {
  expect(isRecent(version)).toBe(expected)
})
