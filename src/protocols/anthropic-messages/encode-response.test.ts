import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import { LossList } from '../../canonical/loss.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { JsonText } from '../../lib/json.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeResponse } from './encode-response.ts'
import { answerContext, call, ext, replyContext, sealer, text } from './test-support.ts'

function response(changes: Partial<CanonicalResponse> = {}): CanonicalResponse {
  return {
    id: 'x',
    model: 'gpt',
    parts: [text('hi')],
    finish: { reason: 'stop', raw: 'stop', stopSequence: null, details: null },
    usage: null,
    ext: null,
    ...changes,
  }
}

function written(changes: Partial<CanonicalResponse> = {}): Record<string, unknown> {
  return JSON.parse(encodeResponse(response(changes), replyContext())) as Record<string, unknown>
}

function reasoning(value: string, seal: Extract<Part, { kind: 'reasoning' }>['seal']): Part {
  return { kind: 'reasoning', text: JSON.stringify(value) as JsonText, seal, cache: null, ext: null }
}

describe('encodeResponse()', () => {
  it('writes a message with the model asked for', () => {
    expect(written()).toEqual({
      id: 'msg_abc',
      type: 'message',
      role: 'assistant',
      model: 'asked-for',
      content: [{ type: 'text', text: 'hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: 0,
      },
    })
  })

  it('writes calls without an empty text (cases 28, 29)', () => {
    expect(written({ parts: [text(''), call('c1'), call('c|2')] })).toMatchObject({
      content: [
        { type: 'tool_use', id: 'c1', name: 'read', input: {} },
        { type: 'tool_use', id: expect.stringMatching(/^toolu_\w{24}$/) },
      ],
      stop_reason: 'tool_use',
    })
    expect(written({ parts: [text('')] })['content']).toEqual([])
  })

  it('writes seals as the stream does', () => {
    const own = { provider: 'anthropic', protocol: 'anthropic-messages', model: 'm' } as const
    const foreign = {
      kind: 'encrypted',
      value: 'e',
      origin: { provider: 'openai', protocol: 'openai-chat', model: 'm' },
    } as const
    expect(
      written({
        parts: [
          reasoning('a', { kind: 'signature', value: 'sig', origin: own }),
          reasoning('', { kind: 'redacted', value: 'red', origin: own }),
          reasoning('b', foreign),
          reasoning('c', null),
        ],
      })['content'],
    ).toEqual([
      { type: 'thinking', thinking: 'a', signature: 'sig' },
      { type: 'redacted_thinking', data: 'red' },
      { type: 'thinking', thinking: 'b', signature: sealer.close(foreign, 2) },
      { type: 'thinking', thinking: 'c', signature: expect.stringMatching(/^ucr1\./) },
    ])
  })

  it('never writes half a surrogate pair (case 21)', () => {
    const part = { ...text(''), text: '"a\\ud83d"' as JsonText }
    expect(written({ parts: [part] })['content']).toEqual([{ type: 'text', text: 'a\ufffd' }])
  })

  it('never writes null citations', () => {
    const body = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'a', citations: null }],
    }
    const decoded = decodeResponse(JSON.stringify(body), answerContext())
    expect(encodeResponse(decoded, replyContext())).not.toContain('citations')
  })

  it('reports what clients of this protocol cannot be shown', () => {
    const losses = new LossList()
    const image: Part = {
      kind: 'media',
      media: 'image',
      source: { type: 'url', url: '"u"' as JsonText },
      title: null,
      context: null,
      cache: null,
      ext: null,
    }
    encodeResponse(
      response({
        parts: [image, { ...text('a'), ext: ext({ annotations: [1], logprobs: null }) }],
        ext: ext({ system_fingerprint: 'f' }),
      }),
      replyContext({ losses }),
    )
    expect(losses.losses.map(({ field }) => field)).toEqual([
      'system_fingerprint',
      'content.image',
      'content.annotations',
    ])
  })

  it('gives back what came in this protocol, but for id and model (law 1, case 67)', () => {
    const body = {
      id: 'msg_up',
      type: 'message',
      role: 'assistant',
      model: 'claude-up',
      content: [
        { type: 'thinking', thinking: '', signature: 'sig' },
        { type: 'redacted_thinking', data: 'red' },
        { type: 'text', text: '', citations: [{ type: 'page_location' }] },
        { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        { type: 'tool_use', id: 't', name: 'n', input: { id: 1 }, caller: { type: 'direct' }, toolset_name: null },
        { type: 'fallback', from: 'x' },
      ],
      stop_reason: 'compaction',
      stop_sequence: null,
      stop_details: null,
      container: { id: 'c', expires_at: 'x', skills: null },
      context_management: { applied_edits: [] },
      diagnostics: null,
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        service_tier: 'standard',
        iterations: [{ type: 'compaction', input_tokens: 100, output_tokens: 50 }],
      },
    }
    const decoded = decodeResponse(JSON.stringify(body), answerContext())
    expect(JSON.parse(encodeResponse(decoded, replyContext()))).toEqual({ ...body, id: 'msg_abc', model: 'asked-for' })
  })
})
