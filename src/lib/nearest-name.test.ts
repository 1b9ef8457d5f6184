import { describe, expect, it } from 'vitest'
import { nearestNames } from './nearest-name.ts'

const NAMES = ['anthropic', 'openai', 'openrouter', 'groq', 'claude-sonnet-5', 'claude-opus-5']

describe('nearestNames()', () => {
  it.each([
    ['antropic', 'anthropic'],
    ['grpq', 'groq'],
    ['OpenAi', 'openai'],
    ['open_router', 'openrouter'],
    ['claude-sonnet-5-20260101', 'claude-sonnet-5'],
    ['opus-5', 'claude-opus-5'],
  ])('finds for %s the name %s first', (given, meant) => {
    expect(nearestNames(given, NAMES)[0]).toBe(meant)
  })

  it('puts the nearest first and gives no more than asked for', () => {
    expect(nearestNames('claude-sonet-5', NAMES, 2)).toEqual(['claude-sonnet-5', 'claude-opus-5'])
    expect(nearestNames('claude-opu-5', [...NAMES, 'claude-opus-4'], 1)).toEqual(['claude-opus-5'])
  })

  it('finds nothing for what resembles nothing', () => {
    expect(nearestNames('zzzz', NAMES)).toEqual([])
    expect(nearestNames('', NAMES)).toEqual([])
    expect(nearestNames('-', NAMES)).toEqual([])
  })
})
