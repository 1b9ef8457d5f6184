import { describe, expect, it } from 'vitest'
import { safeMessage } from './safe-message.ts'

describe('safeMessage()', () => {
  it('leaves an ordinary message as it is', () => {
    const message = 'messages.0.content.1: `tool_use` ids must be unique (got "toolu_01"), max 200000 tokens > 128000'
    expect(safeMessage(message)).toBe(message)
  })

  it.each([
    ['Incorrect API key provided: sk-proj-****abcd.', 'Incorrect API key provided: [secret]'],
    ['key sk-ant-api03-abcdefgh is wrong', 'key [secret] is wrong'],
    ['sent Authorization: Bearer abc.def-123', 'sent Authorization: Bearer [secret]'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x expired', 'token [secret] expired'],
    ['see https://internal.example/v1?key=1 now', 'see [link] now'],
    ['no access to arn:aws:bedrock:us-east-1:123456789012:model/x', 'no access to [resource]'],
    ['organization org-AbCdEfGh12345678 is on hold', 'organization [account] is on hold'],
    ['connect ECONNREFUSED 10.0.0.7:8443', 'connect ECONNREFUSED [address]'],
    ['failed in /usr/src/app/dist/server.js:10:5', 'failed in [file]'],
    ['boom\n    at run (x.js:1:1)\n    at main', 'boom'],
  ])('makes %j safe', (message, expected) => {
    expect(safeMessage(message)).toBe(expected)
  })

  it('gives null for HTML and for nothing', () => {
    expect(safeMessage('<!doctype html><html>502</html>')).toBeNull()
    expect(safeMessage('  \n')).toBeNull()
  })

  it('cuts what is too long', () => {
    expect(safeMessage('x'.repeat(10_000))).toHaveLength(2003)
  })
})
