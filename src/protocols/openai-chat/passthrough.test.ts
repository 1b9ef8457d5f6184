import { describe, expect, it } from 'vitest'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { PassthroughContext, WholeReply } from '../protocol.ts'
import { passthrough } from './passthrough.ts'

const CONTEXT: PassthroughContext = {
  requestedModel: 'asked',
  includeUsage: true,
  maxEventBytes: 1,
}

function whole(body: string, changes: Partial<PassthroughContext> = {}): WholeReply {
  return passthrough.whole(Buffer.from(body), { ...CONTEXT, ...changes })
}

const ANSWER =
  '{ "id":"1", "model" : "real-2026" ,"choices":[{"index":0,"message":{"content":"gr\u00fc\u00df \\u0041"},"finish_reason":"stop"}],' +
  '"usage":{"prompt_tokens":3,"completion_tokens":4},"x":1.0}'

describe('passthrough.whole()', () => {
  it('changes the name of the model and nothing else (31, 124)', () => {
    expect(whole(ANSWER).body.toString()).toBe(ANSWER.replace('real-2026', 'asked'))
    const bytes = Buffer.from(ANSWER)
    expect(passthrough.whole(bytes, { ...CONTEXT, requestedModel: 'real-2026' }).body).toBe(bytes)
  })

  it('reads usage and finish', () => {
    expect(whole(ANSWER)).toMatchObject({ usage: { input: { total: 3 } }, finish: { reason: 'stop' } })
    const calls = { choices: [{ message: { tool_calls: [{}] }, finish_reason: 'stop' }] }
    expect(whole(toJsonText(calls))).toMatchObject({ usage: null, finish: { reason: 'tool-call' } })
  })

  it.each<[string, JsonValue, string]>([
    ['an error', { error: { message: 'm', code: 429 } }, 'upstream_rate_limited'],
    ['no choices', { id: '1' }, 'upstream_invalid_response'],
    ['finish reason error', { choices: [{ message: {}, finish_reason: 'error' }] }, 'upstream_failed'],
  ])('throws for a 200 answer with %s', (_name, body, code) => {
    expect(() => whole(toJsonText(body))).toThrow(expect.objectContaining({ code }))
  })

  it('throws for what is not JSON', () => {
    expect(() => whole('<html>')).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
  })

  it('passes no credentials on', () => {
    expect(passthrough.requestHeaders).not.toContain('authorization')
  })
})
