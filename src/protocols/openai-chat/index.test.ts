import { describe, expect, it } from 'vitest'
import { openaiChat } from './index.ts'

describe('openaiChat', () => {
  it('owns its paths, and gets what no other protocol claims', () => {
    expect(openaiChat.routes.map(({ method, path, operation }) => `${method} ${path} ${operation}`)).toEqual([
      'POST /v1/chat/completions generate',
      'GET /v1/models list-models',
      'GET /v1/models/{id...} get-model',
    ])
    expect(openaiChat.claims({})).toBe(true)
    expect(openaiChat.routes.some((route) => route.public)).toBe(false)
  })

  it('cannot count tokens', () => {
    expect(openaiChat.client.encodeTokenCount).toBeNull()
    expect(openaiChat.upstream.decodeTokenCount).toBeNull()
  })
})
