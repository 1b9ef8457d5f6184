import { describe, expect, it } from 'vitest'
import { aliasClass, modelClass, newestOfClass } from './aliases.ts'

describe('aliasClass()', () => {
  it.each([
    ['sonnet', 'sonnet'],
    ['Opus', 'opus'],
    ['haiku[1m]', 'haiku'],
    ['claude-opus', 'opus'],
    ['claude-sonnet-latest', 'sonnet'],
    ['claude-3-5-sonnet-latest', 'sonnet'],
    ['claude-3-opus-latest', 'opus'],
    ['~anthropic/claude-opus-latest', 'opus'],
  ])('reads %s', (name, word) => {
    expect(aliasClass(name)).toBe(word)
  })

  it.each(['claude-sonnet-5', 'claude-3-opus', 'claude-3-5-sonnet-20241022', 'gpt-5.5', 'latest', ''])(
    'leaves %s alone',
    (name) => {
      expect(aliasClass(name)).toBeNull()
    },
  )
})

describe('modelClass()', () => {
  it('knows models and aliases', () => {
    expect(modelClass('claude-haiku-4-5-20251001')).toBe('haiku')
    expect(modelClass('haiku')).toBe('haiku')
    expect(modelClass('gpt-5.5')).toBeNull()
  })
})

describe('newestOfClass()', () => {
  it('puts the newest first and leaves other classes out', () => {
    const offered = ['claude-3-7-sonnet-20250219', 'gpt-5', 'claude-opus-5-5', 'claude-sonnet-5', 'claude-sonnet-4.6']
    expect(newestOfClass('sonnet', offered, (name) => name)).toEqual([
      'claude-sonnet-5',
      'claude-sonnet-4.6',
      'claude-3-7-sonnet-20250219',
    ])
  })

  it('keeps the order of models of one version', () => {
    const offered = ['b/claude-haiku-5-5', 'a/claude-haiku-5-5', 'a/claude-haiku-latest', 'b/claude-haiku-latest']
    expect(newestOfClass('haiku', offered, (name) => name)).toEqual([
      'a/claude-haiku-latest',
      'b/claude-haiku-latest',
      'b/claude-haiku-5-5',
      'a/claude-haiku-5-5',
    ])
  })
})
