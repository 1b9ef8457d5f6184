import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Seal } from '../../canonical/content.ts'
import type { Event, PartHead } from '../../canonical/event.ts'
import { LossList } from '../../canonical/loss.ts'
import type { Finish, FinishReason } from '../../canonical/response.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import {
  blockDelta,
  blockStart,
  blockStop,
  eventsOf,
  ext,
  MESSAGE_START,
  MESSAGE_STOP,
  messageDelta,
  replyContext,
  sealer,
  sse,
  wireEvents,
} from './test-support.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'

const START: Event = { type: 'start', id: 'x', model: 'gpt', usage: null, ext: null }
const OWN_START: Event = { ...START, ext: ext({}, 'anthropic-messages') }
const USAGE: Usage = {
  input: { total: 110, cacheRead: 40, cacheWrite: 10, cacheWriteLong: 4 },
  output: { total: 20, reasoning: 5 },
  estimated: false,
  cost: null,
  raw: null,
}

function finish(reason: FinishReason, changes: Partial<Finish> = {}): Event {
  return { type: 'finish', finish: { reason, raw: 'word', stopSequence: null, details: null, ...changes }, ext: null }
}

function part(index: number, head: PartHead, ...inside: Event[]): Event[] {
  return [{ type: 'part-start', index, part: head }, ...inside, { type: 'part-end', index }]
}

const TEXT: PartHead = { kind: 'text', refusal: false, ext: null }
const REASONING: PartHead = { kind: 'reasoning', ext: null }
const textDelta = (index: number, text: string): Event => ({ type: 'text-delta', index, text: stringToJson(text) })
const sealDelta = (index: number, seal: Seal): Event => ({ type: 'seal-delta', index, seal })

function sealOf(provider: string, kind: Seal['kind'] = 'signature'): Seal {
  return { kind, value: 'raw', origin: { provider, protocol: 'anthropic-messages', model: 'm' } }
}

/** Without the first event and the last two. */
function between(...events: Event[]): object[] {
  return wireEvents([START, ...events, finish('stop')]).slice(1, -2)
}

describe('MessagesStreamEncoder', () => {
  it('begins with the id of the exchange, the model asked for and a usage (cases 31, 32)', () => {
    expect(wireEvents([START])).toEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_abc',
          type: 'message',
          role: 'assistant',
          model: 'asked-for',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
        },
      },
    ])
  })

  it('writes reasoning, text and calls as blocks (case 4)', () => {
    const seal = sealOf('openai')
    expect(
      between(
        ...part(0, REASONING, textDelta(0, 'hm'), sealDelta(0, seal)),
        ...part(1, TEXT, textDelta(1, 'a'), textDelta(1, 'b')),
        ...part(
          2,
          { kind: 'tool-call', id: 'call_1', name: 'read', ext: null },
          { type: 'input-delta', index: 2, json: '"{\\"x\\":1}"' as JsonText },
        ),
      ),
    ).toEqual([
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'hm' }),
      blockDelta(0, { type: 'signature_delta', signature: sealer.close(seal, 0) }),
      blockStop(0),
      blockStart(1, { type: 'text', text: '' }),
      blockDelta(1, { type: 'text_delta', text: 'a' }),
      blockDelta(1, { type: 'text_delta', text: 'b' }),
      blockStop(1),
      blockStart(2, { type: 'tool_use', id: 'call_1', name: 'read', input: {} }),
      blockDelta(2, { type: 'input_json_delta', partial_json: '{"x":1}' }),
      blockStop(2),
    ])
  })

  it("writes Anthropic's own signature raw, and everybody else's as a carrier", () => {
    const signature = (seal: Seal): unknown =>
      (between(...part(0, REASONING, textDelta(0, 'hm'), sealDelta(0, seal)))[2] as { delta: { signature: string } })
        .delta.signature
    expect(signature(sealOf('anthropic'))).toBe('raw')
    expect(signature(sealOf('openrouter'))).toMatch(/^ucr1\./)
    expect(signature({ ...sealOf('anthropic'), origin: null })).toMatch(/^ucr1\./)
    expect(
      signature({
        kind: 'encrypted',
        value: 'x',
        origin: { provider: 'anthropic', protocol: 'openai-chat', model: 'm' },
      }),
    ).toMatch(/^ucr1\./)
  })

  it('marks reasoning without a seal, so that it is never shown to Anthropic', () => {
    expect(between(...part(0, REASONING, textDelta(0, 'hm')))[2]).toMatchObject({
      delta: { type: 'signature_delta', signature: expect.stringMatching(/^ucr1\./) },
    })
  })

  it('writes redacted reasoning whole', () => {
    expect(between(...part(0, REASONING, sealDelta(0, sealOf('anthropic', 'redacted'))))).toEqual([
      blockStart(0, { type: 'redacted_thinking', data: 'raw' }),
      blockStop(0),
    ])
  })

  it('leaves out empty texts of other protocols, and no gap where they were (case 25)', () => {
    expect(between(...part(0, TEXT), ...part(1, REASONING), ...part(2, TEXT, textDelta(2, 'a')))).toEqual([
      blockStart(0, { type: 'text', text: '' }),
      blockDelta(0, { type: 'text_delta', text: 'a' }),
      blockStop(0),
    ])
  })

  it('skips what clients of this protocol cannot be shown, and reports it', () => {
    const losses = new LossList()
    const raw = toJsonText({ type: 'image_generation' })
    const image: PartHead = {
      kind: 'media',
      media: 'image',
      source: { type: 'url', url: '"u"' as JsonText },
      title: null,
      context: null,
      cache: null,
      ext: null,
    }
    const events = wireEvents(
      [
        START,
        { type: 'opaque', protocol: 'openai-chat', name: 'moderation', raw },
        ...part(
          0,
          { kind: 'opaque', protocol: 'openai-chat', type: 'image_generation', raw },
          {
            type: 'opaque-delta',
            index: 0,
            protocol: 'openai-chat',
            raw,
          },
        ),
        ...part(1, image),
        ...part(2, { ...TEXT, ext: ext({ annotations: [] }) }, textDelta(2, 'a')),
        finish('stop'),
      ],
      { losses },
    )
    expect(events[1]).toEqual(blockStart(0, { type: 'text', text: '' }))
    expect(losses.losses.map(({ field }) => field)).toEqual([
      'event.moderation',
      'content.image_generation',
      'content.delta',
      'content.image',
      'content.annotations',
    ])
  })

  it('gives ids that Anthropic would not take back a stable replacement', () => {
    const id = (given: string): unknown =>
      (
        between(...part(0, { kind: 'tool-call', id: given, name: 'n', ext: null }))[0] as {
          content_block: { id: string }
        }
      ).content_block.id
    expect(id('x'.repeat(64))).toBe('x'.repeat(64))
    expect(id('x'.repeat(65))).toMatch(/^toolu_\w{24}$/)
    expect(id('call|1')).toMatch(/^toolu_\w{24}$/)
    expect(id('call|1')).toBe(id('call|1'))
  })

  it.each<[FinishReason, string]>([
    ['stop', 'end_turn'],
    ['stop-sequence', 'stop_sequence'],
    ['length', 'max_tokens'],
    ['context-window', 'model_context_window_exceeded'],
    ['tool-call', 'tool_use'],
    ['pause', 'pause_turn'],
    ['other', 'end_turn'],
  ])('says %s as %s', (reason, expected) => {
    expect(wireEvents([START, finish(reason)]).slice(-2)).toEqual([
      expect.objectContaining({ type: 'message_delta', delta: { stop_reason: expected, stop_sequence: null } }),
      MESSAGE_STOP,
    ])
  })

  it('says tool_use when a tool was called, whatever the vendor said (case 7)', () => {
    const call = part(0, { kind: 'tool-call', id: 'c', name: 'n', ext: null })
    expect(wireEvents([START, ...call, finish('stop')]).at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } })
    expect(wireEvents([START, ...call, finish('length')]).at(-2)).toMatchObject({
      delta: { stop_reason: 'max_tokens' },
    })
  })

  it('says refusal with details, and which stop sequence matched (cases 8, 38)', () => {
    expect(wireEvents([START, finish('refusal')]).at(-2)).toMatchObject({
      delta: { stop_reason: 'refusal', stop_sequence: null, stop_details: { type: 'refusal', category: null } },
    })
    expect(wireEvents([START, finish('stop-sequence', { stopSequence: 'END' })]).at(-2)).toMatchObject({
      delta: { stop_sequence: 'END' },
    })
  })

  it('ends with the last usage, cache left out of the input (case 2)', () => {
    const first = { ...USAGE, output: { total: 1, reasoning: 0 } }
    const events = wireEvents([START, { type: 'usage', usage: first }, { type: 'usage', usage: USAGE }, finish('stop')])
    expect(events.filter(({ type }) => type === 'message_delta')).toHaveLength(1)
    expect(events.at(-2)).toMatchObject({
      usage: {
        input_tokens: 60,
        cache_read_input_tokens: 40,
        cache_creation_input_tokens: 10,
        cache_creation: { ephemeral_5m_input_tokens: 6, ephemeral_1h_input_tokens: 4 },
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 5 },
      },
    })
  })

  it('always has a usage object (case 3)', () => {
    expect(wireEvents([START, finish('stop')]).at(-2)).toMatchObject({ usage: { input_tokens: 7, output_tokens: 0 } })
  })

  it('writes what came in this protocol as it came', () => {
    const blocks = [
      blockStart(0, { type: 'text', text: '', future: 1 }),
      blockDelta(0, { type: 'citations_delta', citation: { type: 'page_location' } }),
      blockDelta(0, { type: 'future_delta', x: 1 }),
      blockStop(0),
      blockStart(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      blockDelta(1, { type: 'input_json_delta', partial_json: '{}' }),
      blockStop(1),
      blockStart(2, { type: 'tool_use', id: 't', name: 'n', input: {}, caller: { type: 'direct' } }),
      blockStop(2),
      blockStart(3, { type: 'text', text: '' }),
      blockStop(3),
      { type: 'future_event', x: 1 },
    ]
    const start = { ...MESSAGE_START, message: { ...MESSAGE_START.message, container: null } }
    const end = {
      ...messageDelta('tool_use', { output_tokens: 5, server_tool_use: { web_search_requests: 1 } }),
      context_management: { applied_edits: [] },
    }
    const events = wireEvents(eventsOf([sse(start, ...blocks, end, MESSAGE_STOP)]))
    expect(events).toEqual([
      { ...start, message: { ...start.message, id: 'msg_abc', model: 'asked-for' } },
      ...blocks,
      end,
      MESSAGE_STOP,
    ])
  })

  it('keeps events on one line, however the vendor wrote them', () => {
    const encoder = new MessagesStreamEncoder(replyContext())
    encoder.encode(OWN_START)
    const raw = '{\r\n  "type": "x"\n}' as JsonText
    expect(encoder.encode({ type: 'opaque', protocol: 'anthropic-messages', name: 'x', raw })).toBe(
      'event: x\ndata: {   "type": "x" }\n\n',
    )
  })

  it('does not take a line break for the name of an event', () => {
    expect(
      wireEvents([{ type: 'opaque', protocol: 'anthropic-messages', name: 'x\ndata: y', raw: toJsonText({}) }]),
    ).toEqual([])
  })

  it('writes an error in this protocol', () => {
    expect(wireEvents([{ type: 'error', error: new GatewayError('upstream_overloaded', 'Busy.') }])).toEqual([
      { type: 'error', error: { type: 'overloaded_error', message: 'Busy.' }, request_id: 'abc' },
    ])
  })

  it('keeps the grammar for any answer: contiguous blocks, one open, one end (property)', () => {
    const head = fc.constantFrom<PartHead>(
      TEXT,
      REASONING,
      { kind: 'tool-call', id: 'c', name: 'n', ext: null },
      {
        kind: 'opaque',
        protocol: 'openai-chat',
        type: 'x',
        raw: toJsonText({}),
      },
    )
    const answer = fc.array(fc.tuple(head, fc.array(fc.string(), { maxLength: 3 }), fc.boolean()), { maxLength: 6 })
    fc.assert(
      fc.property(answer, (parts) => {
        const events = parts.flatMap(([open, texts, sealed], index) =>
          part(
            index,
            open,
            ...(open.kind === 'text' || open.kind === 'reasoning' ? texts.map((text) => textDelta(index, text)) : []),
            ...(open.kind === 'reasoning' && sealed
              ? [sealDelta(index, sealOf('x', texts.length === 0 ? 'redacted' : 'signature'))]
              : []),
          ),
        )
        let open: unknown = null
        let next = 0
        for (const event of wireEvents([START, ...events, finish('stop')]).slice(1, -2)) {
          if (event['type'] === 'content_block_start') {
            expect([open, event['index']]).toEqual([null, next++])
            open = event['index']
          } else {
            expect(event['index']).toBe(open)
            if (event['type'] === 'content_block_stop') open = null
          }
        }
        expect(open).toBeNull()
      }),
    )
  })
})
