import { describe, expect, it } from 'vitest'
import type { Headers } from '../../lib/headers.ts'
import type { Envelope } from '../protocol.ts'
import { peek } from './peek.ts'

const BASE = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

function peeked(body: object | string, headers: Headers = {}): Envelope {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return peek(bytes, { operation: 'generate', path: '/v1/messages', query: '', headers }, { maxDepth: 64 })
}

const traits = (changes: object, headers: Headers = {}) => peeked({ ...BASE, ...changes }, headers).traits
const affinity = (changes: object, headers: Headers = {}) => traits(changes, headers).affinity()

describe('peek()', () => {
  it('reads model and stream, names beyond ASCII too', () => {
    expect(peeked({ ...BASE, model: 'modèle/é', stream: true })).toMatchObject({
      model: 'modèle/é',
      stream: true,
      includeUsage: true,
    })
    expect(peeked(BASE).stream).toBe(false)
  })

  it('gives offsets in bytes', () => {
    const envelope = peeked('{"x":"é😀","model":"m","messages":[]}')
    const node = envelope.root.get('model')
    expect(envelope.body.subarray(node?.start, node?.end).toString()).toBe('"m"')
  })

  it.each([
    [{ type: 'enabled', budget_tokens: 1024 }, true],
    [{ type: 'adaptive' }, true],
    [{ type: 'disabled' }, false],
    [null, false],
  ])('sees whether %j thinks', (thinking, expected) => {
    expect(traits({ thinking }).thinking).toBe(expected)
  })

  it('sees tools, and a web search that the vendor is to run', () => {
    expect(traits({ tools: [] })).toMatchObject({ tools: false, webSearch: false })
    expect(traits({ tools: [{ name: 'web_search' }] })).toMatchObject({ tools: true, webSearch: false })
    expect(traits({ tools: [{ type: 'web_search_20260209', name: 'web_search' }] }).webSearch).toBe(true)
  })

  it('counts images and documents, in results of tools too', () => {
    const image = { type: 'image', source: { type: 'url', url: 'x' } }
    const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'x' } }
    const plain = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } }
    expect(traits({ messages: [{ role: 'user', content: [image, pdf] }] })).toMatchObject({
      images: true,
      documents: true,
      media: 2,
    })
    expect(
      traits({
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [image, image] }] }],
      }),
    ).toMatchObject({
      images: true,
      documents: false,
      media: 2,
    })
    expect(traits({ messages: [{ role: 'user', content: [plain] }] })).toMatchObject({
      documents: false,
      media: 0,
      textBytes: 3,
    })
  })

  it('counts the bytes of text, without media, seals and JSON around it', () => {
    const messages = [
      { role: 'user', content: 'äb' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hmm', signature: 'x'.repeat(1000) },
          { type: 'redacted_thinking', data: 'x'.repeat(1000) },
          { type: 'text', text: 'four' },
          { type: 'tool_use', id: 't', name: 'n', input: { a: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't', content: 'five5' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'x'.repeat(1000) } },
        ],
      },
    ]
    expect(traits({ system: [{ type: 'text', text: 'sys' }], messages }).textBytes).toBe(3 + 3 + 3 + 4 + 7 + 5)
    expect(traits({ tools: [{ name: 'n' }] }).textBytes).toBe(2 + '[{"name":"n"}]'.length)
  })

  it('reads the limit and the number of messages', () => {
    expect(traits({})).toMatchObject({ maxOutputTokens: 100, messages: 1 })
    expect(traits({ max_tokens: 1.5 }).maxOutputTokens).toBeNull()
  })

  it('gives the text of the last user message', () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'user', content: [{ type: 'text', text: 'é"😀' }, { type: 'image' }, { type: 'text', text: 'b' }] },
      { role: 'system', content: 'mind' },
    ]
    expect(traits({ messages }).lastUserText()).toBe('é"😀\nb')
    expect(traits({ messages: [] }).lastUserText()).toBe('')
  })

  it.each([
    ['{', 'invalid_json', null],
    ['7', 'invalid_request', null],
    ['{"messages":[]}', 'invalid_request', 'model'],
    ['{"model":"","messages":[]}', 'invalid_request', 'model'],
    ['{"model":"m"}', 'invalid_request', 'messages'],
    ['{"model":"m","messages":{}}', 'invalid_request', 'messages'],
    ['{"model":"m","messages":[],"model":"n"}', 'invalid_json', null],
    ['{"model":"m","messages":[],"\\u006dodel":"n"}', 'invalid_json', null],
    ['{"model":"m","messages":[{"role":"user","role":"system","content":""}]}', 'invalid_json', null],
    [`{"model":"m","messages":${'['.repeat(10_000)}`, 'invalid_json', null],
  ])('refuses %s (case 62)', (body, code, param) => {
    const read = (): string | null => peeked(body).traits.affinity()
    expect(read).toThrow(expect.objectContaining({ code, param, status: 400 }))
  })
})

/** The affinity of a conversation that begins with this image. */
function opening(url: string): string | null {
  return affinity({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }] })
}

describe('affinity', () => {
  const session = '0b5f6c1e-6ad2-4b8a-9d8f-1d6a1f1f2f3f'

  it("is Claude Code's session, from the header first", () => {
    const metadata = { user_id: JSON.stringify({ device_id: 'd', session_id: session }) }
    expect(affinity({ metadata })).toBe(session)
    expect(affinity({ metadata }, { 'x-claude-code-session-id': 'from-header' })).toBe('from-header')
    expect(affinity({ metadata: { user_id: `user_abc_account__session_${session}` } })).toBe(session)
  })

  it('is a hash of the opening elsewhere', () => {
    expect(affinity({})).toMatch(/^[0-9a-f]{32}$/)
    expect(affinity({ metadata: { user_id: 'somebody' } })).toBe(affinity({}))
    expect(affinity({ metadata: { user_id: '{broken' } })).toBe(affinity({}))
    expect(affinity({ system: 'other' })).not.toBe(affinity({}))
    expect(affinity({ messages: [] })).toBeNull()
  })

  it('stays when the conversation goes on, and when only marks and the billing line change', () => {
    const billing = (suffix: string): object => ({
      type: 'text',
      text: `x-anthropic-billing-header: cc_version=2.1.330.${suffix};`,
    })
    const prompt = { type: 'text', text: 'sys', cache_control: { type: 'ephemeral' } }
    const one = { system: [billing('d64'), prompt], messages: [{ role: 'user', content: 'hi' }] }
    const two = {
      system: [billing('86f'), { type: 'text', text: 'sys' }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: 'more' },
      ],
    }
    expect(affinity(two)).toBe(affinity(one))
  })

  it('tells openings with other images apart, marked or not', () => {
    const marked = { type: 'image', source: { type: 'url', url: 'a' }, cache_control: { type: 'ephemeral' } }
    expect(affinity({ messages: [{ role: 'user', content: [marked] }] })).toBe(opening('a'))
    expect(opening('a')).not.toBe(opening('b'))
  })
})
