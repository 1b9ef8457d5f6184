import { describe, expect, it } from 'vitest'
import { CHAT_PATH, likelyPath, MESSAGES_PATH } from './request-path.ts'

const HELLO = { role: 'user', content: 'Hello' }

describe('likelyPath()', () => {
  it.each([
    [{ model: 'm', max_tokens: 9, messages: [HELLO] }],
    [{ model: 'm', max_tokens: 9, system: 'Be brief', messages: [HELLO] }],
    [{ model: 'm', max_tokens: 9, messages: [HELLO, { role: 'system', content: 'x' }] }],
    [{ model: 'm', max_tokens: 9, tools: [{ name: 't', input_schema: {} }], messages: [HELLO] }],
    ['nonsense'],
  ])('takes %j for an Anthropic request', (body) => expect(likelyPath(body)).toBe(MESSAGES_PATH))

  it.each([
    [{ model: 'm', messages: [HELLO] }],
    [{ model: 'm', max_tokens: 9, messages: [{ role: 'system', content: 'x' }, HELLO] }],
    [{ model: 'm', max_tokens: 9, messages: [HELLO, { role: 'assistant', tool_calls: [] }] }],
    [{ model: 'm', max_tokens: 9, tools: [{ type: 'function', function: { name: 't' } }], messages: [HELLO] }],
    [{ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }],
    [{ model: 'm', max_tokens: 9, stream_options: {}, messages: [HELLO] }],
  ])('takes %j for an OpenAI request', (body) => expect(likelyPath(body)).toBe(CHAT_PATH))
})
