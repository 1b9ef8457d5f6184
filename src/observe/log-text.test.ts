import { describe, expect, it } from 'vitest'
import { logText, logValue } from './log-text.ts'

describe('logText()', () => {
  it.each([
    'claude-sonnet-5-20260101',
    'model:work/claude-sonnet-5',
    'connect ECONNREFUSED 127.0.0.1:3000',
    'Größe 12 \u{1f600}',
    'max_tokens: 4096 > 2048, see task-force and risk-averse',
    'config: /etc/ucr-gateway/ucr_config.json:7:3: providers[0].type is missing',
  ])('leaves %j as it is', (text) => {
    expect(logText(text)).toBe(text)
  })

  it.each([
    ['Incorrect API key provided: sk-proj-abcdef0123456789', 'Incorrect API key provided: [redacted]'],
    ['sk-ant-api03-AAAAbbbb was refused', '[redacted] was refused'],
    ['ucr_0123456789abcdef', '[redacted]'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['{"authorization":"Bearer canary-1","a":1}', '{"authorization":"Bearer [redacted]","a":1}'],
    ['proxy-authorization: Basic dXNlcjpwYXNz', 'proxy-authorization: Basic [redacted]'],
    ['x-api-key: canary-1', 'x-api-key: [redacted]'],
    ["headers { 'x-goog-api-key': 'canary' }", "headers { 'x-goog-api-key': '[redacted]' }"],
    ['{"apiKey":"canary-1"}', '{"apiKey":"[redacted]"}'],
    ['cookie: a=canary; b=canary', 'cookie: [redacted]'],
    ['set-cookie: session=canary; HttpOnly', 'set-cookie: [redacted]'],
    ['GET /v1/models?key=canary-1&limit=2', 'GET /v1/models?key=[redacted]&limit=2'],
    ['https://a.example/?x=1&access_token=canary#top', 'https://a.example/?x=1&access_token=[redacted]#top'],
    ['https://user:canary@a.example/', 'https://[redacted]@a.example/'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired', 'token [redacted] expired'],
    ['AIzaSyA0123456789 and ghp_0123456789abcdef', '[redacted] and [redacted]'],
  ])('makes %j harmless', (text, expected) => {
    expect(logText(text)).toBe(expected)
  })

  it('shows what a terminal would obey instead of sending it', () => {
    expect(logText('a\u001b[2Jb\r\nc\u0000d\u009b1me\u202ef\u2028g\u2066h\u007f')).toBe(
      'a\\u001b[2Jb\\u000d\\u000ac\\u0000d\\u009b1me\\u202ef\\u2028g\\u2066h\\u007f',
    )
  })

  it('cuts what is too long, in time that grows with the length only', () => {
    expect(logText('x'.repeat(1_000_000))).toHaveLength(8195)
    for (const unit of ['sk-', 'eyJ', 'bearer ', '://a:', 'cookie', '?key=', 'x-api-key: ']) {
      expect(logText(unit.repeat(50_000)).length).toBeLessThan(60_000)
    }
  })
})

describe('logValue()', () => {
  it.each([
    'authorization',
    'Authorization',
    'x-api-key',
    'cookie',
    'set-cookie',
    'apiKey',
    'api_key',
    'password',
    'token',
  ])('hides whatever is called %s', (name) => {
    expect(logValue(name, 'anything')).toBe('[redacted]')
    expect(logValue(name, 12)).toBe('[redacted]')
  })

  it('keeps numbers and cleans texts', () => {
    expect(logValue('inputTokens', 12)).toBe(12)
    expect(logValue('detail', 'x-api-key: k')).toBe('x-api-key: [redacted]')
  })
})
