import { describe, expect, it } from 'vitest'
import { LossList } from '../../canonical/loss.ts'
import { decodeRequest } from './decode-request.ts'
import { decoded, sealer } from './test-support.ts'
import { scanRequest } from './wire.ts'

const BASE = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }

function decodeText(body: string) {
  return decodeRequest(scanRequest(Buffer.from(body), 256), { sealer, headers: {}, losses: new LossList() })
}

function parts(...content: object[]) {
  return decoded({ ...BASE, messages: [{ role: 'user', content }] } as never).messages[0]?.parts ?? []
}

describe('decodeRequest()', () => {
  it('reads the typed fields', () => {
    const request = decoded({
      ...BASE,
      system: [{ type: 'text', text: 'sys', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      stream: true,
      temperature: 0.5,
      top_k: 3,
    })
    expect(request).toMatchObject({
      model: 'm',
      maxOutputTokens: 10,
      instructions: [{ kind: 'text', text: '"sys"', cache: { ttl: '1h' } }],
      messages: [{ role: 'user', parts: [{ kind: 'text', text: '"hi"' }] }],
      stop: ['END'],
      user: 'u1',
      stream: true,
      includeUsage: true,
      sampling: { temperature: '0.5', topK: '3', topP: null },
    })
  })

  it('says which protocol the request came from even when it has no untyped field', () => {
    expect(decoded(BASE).ext?.protocol).toBe('anthropic-messages')
  })

  it('keeps system messages where they stand, with their settings (case 39)', () => {
    const { messages } = decoded({
      ...BASE,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: [], output_config: { effort: 'medium' } },
        { role: 'assistant', content: 'b' },
      ],
    })
    expect(messages.map(({ role }) => role)).toEqual(['user', 'system', 'assistant'])
    expect(messages[1]?.ext?.fields.get('output_config')).toBe('{"effort":"medium"}')
  })

  it.each([
    [
      { type: 'adaptive', display: 'omitted' },
      { mode: 'adaptive', budget: null, display: 'omitted' },
    ],
    [
      { type: 'enabled', budget_tokens: 31999 },
      { mode: 'on', budget: 31999 },
    ],
    [{ type: 'disabled' }, { mode: 'off' }],
    [{ type: 'between_tools' }, { mode: 'off' }],
  ])('reads thinking %j', (thinking, expected) => {
    expect(decoded({ ...BASE, thinking }).reasoning).toMatchObject(expected)
  })

  it('reads an effort without thinking', () => {
    expect(decoded({ ...BASE, output_config: { effort: 'xhigh' } }).reasoning).toEqual({
      mode: 'default',
      budget: null,
      effort: 'xhigh',
      display: null,
    })
  })

  it('reads the format under its new and its old name', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } }
    const expected = { type: 'json-schema', schema: '{"type":"object"}' }
    expect(decoded({ ...BASE, output_config: { format } }).outputFormat).toMatchObject(expected)
    expect(decoded({ ...BASE, output_format: format }).outputFormat).toMatchObject(expected)
  })

  it('reads tools of clients and keeps those that the vendor runs (case 64)', () => {
    const { tools } = decoded({
      ...BASE,
      tools: [
        { name: 'read', description: 'reads', input_schema: { type: 'object' }, strict: true, defer_loading: true },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
        { type: 'mcp_toolset', mcp_server_name: 's' },
      ],
    })
    expect(tools).toMatchObject([
      { kind: 'function', name: 'read', inputSchema: { raw: '{"type":"object"}' }, strict: true, deferred: true },
      { kind: 'opaque', type: 'web_search_20250305', name: 'web_search' },
      { kind: 'opaque', type: 'mcp_toolset', name: '' },
    ])
  })

  it.each([
    [{ type: 'any', disable_parallel_tool_use: true }, { type: 'required' }, false],
    [{ type: 'tool', name: 'read' }, { type: 'tool', name: 'read' }, null],
    [{ type: 'none' }, { type: 'none' }, null],
    [{ type: 'auto', disable_parallel_tool_use: false }, { type: 'auto' }, true],
    [{ type: 'future' }, null, null],
  ])('reads tool_choice %j', (given, toolChoice, parallelToolCalls) => {
    expect(decoded({ ...BASE, tool_choice: given })).toMatchObject({ toolChoice, parallelToolCalls })
  })

  it('reads media, and documents of text as text', () => {
    expect(
      parts(
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
        { type: 'document', title: 't', source: { type: 'url', url: 'https://e.test/a.pdf' } },
        {
          type: 'document',
          source: {
            type: 'content',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
        },
        { type: 'image', source: { type: 'file', file_id: 'f1' } },
      ),
    ).toMatchObject([
      { kind: 'media', media: 'image', source: { type: 'base64', mediaType: 'image/png', data: '"aGk="' } },
      { kind: 'media', media: 'document', title: '"t"', source: { type: 'url', url: '"https://e.test/a.pdf"' } },
      { kind: 'media', source: { type: 'text', mediaType: 'text/plain', data: '"a\\n\\nb"' } },
      { kind: 'media', source: { type: 'file', id: '"f1"' } },
    ])
  })

  it('makes blocks of a kind nobody typed opaque (case 49)', () => {
    expect(parts({ type: 'future_block', x: 1 }, { type: 'image', source: { type: 'hologram' } })).toEqual([
      { kind: 'opaque', protocol: 'anthropic-messages', type: 'future_block', raw: '{"type":"future_block","x":1}' },
      expect.objectContaining({ kind: 'opaque', type: 'image' }),
    ])
  })

  it('keeps the digits of numbers in tool input and schema (case 61)', () => {
    const request = decodeText(
      '{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"n","input":{"id":12345678901234567890}}]}],' +
        '"tools":[{"name":"n","input_schema":{"maximum":1.0}}]}',
    )
    expect(request.messages[0]?.parts[0]).toMatchObject({ input: '{"id":12345678901234567890}' })
    expect(request.tools[0]).toMatchObject({ inputSchema: { raw: '{"maximum":1.0}' } })
  })

  it('opens carriers in signature and data, and leaves the seal out of what was forged (cases 44, 45)', () => {
    const seal = {
      kind: 'redacted',
      value: 'secret',
      origin: { provider: 'openai', protocol: 'openai-chat', model: 'gpt' },
    } as const
    const carrier = sealer.close(seal, 0)
    expect(
      parts(
        { type: 'thinking', thinking: 'a', signature: carrier },
        { type: 'redacted_thinking', data: carrier },
        { type: 'thinking', thinking: 'b', signature: `${carrier}forged` },
        { type: 'thinking', thinking: 'c', signature: 'own' },
        { type: 'thinking', thinking: 'd', signature: '' },
      ),
    ).toMatchObject([
      { text: '"a"', seal },
      { text: '""', seal },
      { text: '"b"', seal: null },
      { text: '"c"', seal: { kind: 'signature', value: 'own', origin: null } },
      { text: '"d"', seal: null },
    ])
  })

  it.each([
    ['{', 'invalid_json', null],
    ['[]', 'invalid_request', null],
    ['{"messages":[]}', 'invalid_request', 'model'],
    ['{"model":1,"messages":[]}', 'invalid_request', 'model'],
    ['{"model":"m"}', 'invalid_request', 'messages'],
    ['{"model":"m","messages":[{"role":"bot","content":""}]}', 'invalid_request', 'messages.0.role'],
    ['{"model":"m","messages":[{"role":"user","content":7}]}', 'invalid_request', 'messages.0.content'],
    ['{"model":"m","messages":[{"role":"user","content":[7]}]}', 'invalid_request', 'messages.0.content.0'],
    [
      '{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}',
      'invalid_request',
      'messages.0.content.0.text',
    ],
    ['{"model":"m","messages":[],"tools":{}}', 'invalid_request', 'tools'],
    ['{"model":"m","messages":[],"model":"n"}', 'invalid_json', null],
  ])('refuses %s', (body, code, param) => {
    expect(() => decodeText(body)).toThrow(expect.objectContaining({ code, param, status: 400 }))
  })

  it('refuses deep nesting (case 62)', () => {
    expect(() => decodeText('['.repeat(10_000))).toThrow(expect.objectContaining({ code: 'invalid_json' }))
  })
})
