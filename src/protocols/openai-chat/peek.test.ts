import { describe, expect, it } from 'vitest'
import type { Headers } from '../../lib/headers.ts'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { Envelope } from '../protocol.ts'
import { peek } from './peek.ts'

function envelope(body: string | Buffer, headers: Headers = {}): Envelope {
  const target = { operation: 'generate' as const, path: '/v1/chat/completions', query: '', headers }
  return peek(Buffer.from(body), target, { maxDepth: 20 })
}

const of = (fields: Record<string, JsonValue>, headers: Headers = {}): Envelope =>
  envelope(toJsonText({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }), headers)

const user = (...content: JsonValue[]): Record<string, JsonValue> => ({ messages: [{ role: 'user', content }] })

describe('peek()', () => {
  it('reads model, stream and usage', () => {
    expect(of({})).toMatchObject({ protocol: 'openai-chat', model: 'm', stream: false, includeUsage: false })
    expect(of({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      includeUsage: true,
    })
  })

  it('reads a model and a text that are not ASCII, and gives byte offsets', () => {
    const body = toJsonText({ messages: [{ role: 'user', content: 'gr\u00fc\u00df \u{1f600}' }], model: 'm\u00fc' })
    const peeked = envelope(body)
    expect(peeked.model).toBe('m\u00fc')
    expect(peeked.traits.lastUserText()).toBe('gr\u00fc\u00df \u{1f600}')
    const node = peeked.root.get('model')
    expect(peeked.body.subarray(node?.start, node?.end).toString()).toBe('"m\u00fc"')
  })

  it('accepts a byte order mark', () => {
    const peeked = envelope(`\ufeff{"model":"m","messages":[]}`)
    const node = peeked.root.get('model')
    expect(peeked.body.subarray(node?.start, node?.end).toString()).toBe('"m"')
  })

  it.each<[string, string, string]>([
    ['broken JSON', '{"model":', 'invalid_json'],
    ['deep nesting (62)', `{"model":"m","messages":${'['.repeat(30)}${']'.repeat(30)}}`, 'invalid_json'],
    ['duplicate keys (62)', '{"model":"a","model":"b","messages":[]}', 'invalid_json'],
    ['duplicate keys in a message', '{"model":"a","messages":[{"role":"user","role":"system"}]}', 'invalid_json'],
    ['no object', '[]', 'invalid_request'],
    ['no model', '{"messages":[]}', 'invalid_request'],
    ['an empty model', '{"model":"","messages":[]}', 'invalid_request'],
    ['no messages', '{"model":"m"}', 'invalid_request'],
    ['messages that are no array', '{"model":"m","messages":{}}', 'invalid_request'],
  ])('refuses %s', (_name, body, code) => {
    expect(() => envelope(body)).toThrow(expect.objectContaining({ code }))
  })

  it.each<[string, Record<string, JsonValue>, Partial<Envelope['traits']>]>([
    ['nothing', {}, { thinking: false, images: false, documents: false, tools: false, webSearch: false }],
    ['an effort', { reasoning_effort: 'low' }, { thinking: true }],
    ['hardly an effort', { reasoning_effort: 'minimal' }, { thinking: false }],
    ['reasoning', { reasoning: { max_tokens: 5 } }, { thinking: true }],
    ['reasoning off', { reasoning: { enabled: false } }, { thinking: false }],
    ['thinking', { thinking: { type: 'enabled' } }, { thinking: true }],
    ['thinking off', { thinking: { type: 'disabled' } }, { thinking: false }],
    ['an image', user({ type: 'image_url', image_url: { url: 'x' } }), { images: true, media: 1 }],
    ['an image of Responses', user({ type: 'input_image' }), { images: true }],
    ['a file', user({ type: 'file', file: {} }), { documents: true, media: 1 }],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, { tools: true }],
    ['no tools', { tools: [] }, { tools: false }],
    ['functions', { functions: [{ name: 'f' }] }, { tools: true }],
    ['a search', { web_search_options: {} }, { webSearch: true }],
    ['a search tool', { tools: [{ type: 'web_search_preview' }] }, { webSearch: true }],
    ['a limit', { max_tokens: 5, max_completion_tokens: 7 }, { maxOutputTokens: 7 }],
  ])('sees %s', (_name, fields, traits) => {
    expect(of(fields).traits).toMatchObject(traits)
  })

  it('counts bytes of text, media left out', () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1000)}` } }
    const { textBytes, messages } = of(user({ type: 'text', text: 'hello' }, image)).traits
    expect(textBytes).toBe(5)
    expect(messages).toBe(1)
    expect(of({ tools: [{ type: 'function' }] }).traits.textBytes).toBe(2 + '[{"type":"function"}]'.length)
  })

  it("takes the client's own name of the conversation", () => {
    const fields = { prompt_cache_key: 'key' }
    expect(of(fields, { 'x-session-id': 's' }).traits.affinity()).toBe('s')
    expect(of(fields, { 'x-session-affinity': 'a' }).traits.affinity()).toBe('a')
    expect(of(fields, { 'x-claude-code-session-id': 'c' }).traits.affinity()).toBe('c')
    expect(of(fields).traits.affinity()).toBe('key')
  })

  it('else knows a conversation by how it began', () => {
    const opening = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
    ]
    const affinity = (list: JsonValue[]): string | null => of({ messages: list }).traits.affinity()
    const first = affinity(opening)
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(affinity([...opening, { role: 'assistant', content: 'a' }, { role: 'user', content: 'v' }])).toBe(first)
    expect(
      affinity([
        { role: 'system', content: 's' },
        { role: 'user', content: 'w' },
      ]),
    ).not.toBe(first)
    const marked = [{ type: 'text', text: 'u', cache_control: { type: 'ephemeral' } }]
    expect(affinity([opening[0] ?? null, { role: 'user', content: marked }])).toBe(first)
    expect(affinity([])).toBeNull()
  })
})
