import { describe, expect, it } from 'vitest'
import { mayCallRoute, mayUseModel } from './grant.ts'
import type { Grant } from './grant.ts'

const FREE: Grant = { models: [], routes: null, rateLimit: null, claudeTools: [] }

describe('mayUseModel()', () => {
  const claude = { ...FREE, models: [['claude-*']] }

  it('stops a model that is not on the list', () => {
    expect(mayUseModel(claude, 'gpt-5.5')).toBe(false)
    expect(mayUseModel({ ...FREE, models: [[]] }, 'gpt-5.5')).toBe(false)
  })

  it('lets those on the list pass, with and without the mark for a long context', () => {
    expect(mayUseModel(claude, 'claude-opus-5-5')).toBe(true)
    expect(mayUseModel(claude, 'claude-opus-5-5[1m]')).toBe(true)
  })

  it('wants a model on every list', () => {
    const both = { ...FREE, models: [['claude-*'], ['*-5']] }
    expect(mayUseModel(both, 'claude-sonnet-5')).toBe(true)
    expect(mayUseModel(both, 'claude-opus-4')).toBe(false)
    expect(mayUseModel(both, 'gpt-5')).toBe(false)
  })

  it('lets everything pass where there is no list, and where there is nothing at all', () => {
    expect(mayUseModel(FREE, 'gpt-5.5')).toBe(true)
    expect(mayUseModel(null, 'gpt-5.5')).toBe(true)
  })
})

describe('mayCallRoute()', () => {
  it('compares with the path as the route is declared', () => {
    const reader = { ...FREE, routes: ['/v1/models*', '/v1/messages'] }
    expect(mayCallRoute(reader, '/v1/models')).toBe(true)
    expect(mayCallRoute(reader, '/v1/models/{id...}')).toBe(true)
    expect(mayCallRoute(reader, '/v1/messages')).toBe(true)
    expect(mayCallRoute(reader, '/v1/messages/count_tokens')).toBe(false)
    expect(mayCallRoute({ ...FREE, routes: [] }, '/v1/models')).toBe(false)
    expect(mayCallRoute(FREE, '/v1/chat/completions')).toBe(true)
    expect(mayCallRoute(null, '/v1/chat/completions')).toBe(true)
  })
})
