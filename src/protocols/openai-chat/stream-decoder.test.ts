import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../canonical/event.ts'
import { foldEvents } from '../../canonical/fold.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { streamDecoder } from './stream-decoder.ts'
import { answerContext, chunk, decodeStream, dialect, sse } from './test-support.ts'

type Changes = Partial<AnswerContext<'openai-chat'>>

function answer(chunks: readonly (JsonValue | string)[], changes: Changes = {}): CanonicalResponse {
  return foldEvents(decodeStream(sse(...chunks), changes))
}

/** Parts in short: what a test is about, and nothing else. */
function parts(chunks: readonly (JsonValue | string)[], changes: Changes = {}): unknown[] {
  return answer(chunks, changes).parts.map((part) => {
    if (part.kind === 'text') return part.refusal ? { refusal: part.text } : part.text
    if (part.kind === 'reasoning') return { reasoning: part.text }
    if (part.kind === 'tool-call') return [part.name, part.invalid ? { invalid: part.input } : part.input]
    return part.kind
  })
}

function codeOf(events: readonly Event[]): string {
  const last = events.at(-1)
  return last?.type === 'error' ? last.error.code : (last?.type ?? 'nothing')
}

/** One fragment of a tool call. */
function call(index: number | null, fields: { id?: JsonValue; name?: JsonValue; args?: JsonValue }): JsonValue {
  const fn = {
    ...(fields.name === undefined ? {} : { name: fields.name }),
    ...(fields.args === undefined ? {} : { arguments: fields.args }),
  }
  return {
    tool_calls: [
      {
        ...(index === null ? {} : { index }),
        ...(fields.id === undefined ? {} : { id: fields.id, type: 'function' }),
        function: fn,
      },
    ],
  }
}

const STOP = chunk({}, 'stop')
const CALLS = chunk({}, 'tool_calls')
const USAGE = chunk({}, null, { choices: [], usage: { prompt_tokens: 60, completion_tokens: 20 } })

describe('streamDecoder() on text', () => {
  it('gives one start, one part, one finish', () => {
    const events = decodeStream(
      sse(
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo' }),
        STOP,
        '[DONE]',
      ),
    )
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'part-start',
      'text-delta',
      'text-delta',
      'part-end',
      'finish',
    ])
    expect(events[0]).toMatchObject({ id: 'chatcmpl-1', model: 'gpt-5.5-2026', usage: null })
  })

  it('passes text literals as the vendor wrote them', () => {
    const events = decodeStream('data: {"id":"x","choices":[{"delta":{"content":"a\\u00e9\\/"}}]}\n\n')
    expect(events[2]).toMatchObject({ text: '"a\\u00e9\\/"' })
  })

  it('makes no part of an empty answer (29)', () => {
    const events = decodeStream(sse(chunk({ content: '' }), STOP, '[DONE]'))
    expect(events.map(({ type }) => type)).toEqual(['start', 'finish'])
  })

  it('reads a refusal (9)', () => {
    const response = answer([chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot' }), STOP, '[DONE]'])
    expect(response.parts).toMatchObject([{ kind: 'text', text: '"I cannot"', refusal: true }])
    expect(response.finish.reason).toBe('refusal')
  })

  it('opens no part for the first chunk of Azure (25)', () => {
    const azure = {
      id: '',
      model: '',
      object: '',
      created: 0,
      choices: [],
      prompt_filter_results: [{ prompt_index: 0 }],
    }
    const events = decodeStream(sse(azure, chunk({ content: 'a' }), STOP, '[DONE]'))
    expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'text-delta', 'part-end', 'finish'])
    expect(events[0]).toMatchObject({ id: 'chatcmpl-1' })
  })

  it('never mixes other choices into the first (30)', () => {
    const second = { ...(chunk({ content: 'x' }) as object), choices: [{ index: 1, delta: { content: 'x' } }] }
    expect(parts([chunk({ content: 'a' }), second, chunk({ content: 'b' }), STOP, '[DONE]'])).toEqual(['"ab"'])
  })

  it('joins a surrogate pair that was cut, and mends half a one (21)', () => {
    const stream = (...contents: string[]): string =>
      contents.map((content) => `data: {"id":"1","choices":[{"delta":{"content":${content}}}]}\n\n`).join('') +
      sse(STOP)
    expect(foldEvents(decodeStream(stream('"\\ud83d"', '"\\ude00!"'))).parts).toMatchObject([{ text: '"\u{1f600}!"' }])
    expect(foldEvents(decodeStream(stream('"a\\ud83d"'))).parts).toMatchObject([{ text: '"a\ufffd"' }])
  })

  it('reads CRLF, no space behind the colon, comments, other fields, a byte order mark and split data (22)', () => {
    const stream =
      '\ufeff: hi\r\n\r\nretry: 5\r\nid: 7\r\ndata:{"id":"1","choices":\r\ndata: [{"delta":{"content":"a"}}]}\r\n\r\n' +
      'data:{"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\ndata:[DONE]\r\n\r\n'
    expect(foldEvents(decodeStream(stream)).parts).toMatchObject([{ text: '"a"' }])
  })

  it('turns url_citation into citations of the text', () => {
    const cited = {
      type: 'url_citation',
      url_citation: { url: 'https://a.b', title: 'T', start_index: 0, end_index: 1 },
    }
    const [part] = answer([chunk({ content: 'a' }), chunk({ annotations: [cited] }), STOP, '[DONE]']).parts
    expect(part?.kind === 'text' && JSON.parse(part.citations ?? '')).toMatchObject([
      { type: 'web_search_result_location', url: 'https://a.b', title: 'T', start_index: 0, end_index: 1 },
    ])
  })

  it('carries what a delta brings beside the answer', () => {
    const events = decodeStream(sse(chunk({ content: 'a', audio: { id: 'x' } }), STOP, '[DONE]'))
    const opaque = events.find(({ type }) => type === 'opaque')
    expect(opaque).toMatchObject({ protocol: 'openai-chat', name: 'choice' })
    expect(opaque?.type === 'opaque' && JSON.parse(opaque.raw)).toMatchObject({ delta: { audio: { id: 'x' } } })
  })

  it('gives images a part', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    expect(answer([chunk({ images: [image] }), STOP, '[DONE]']).parts).toMatchObject([
      { kind: 'media', source: { type: 'base64', mediaType: 'image/png', data: '"AAAA"' } },
    ])
  })
})

describe('streamDecoder() on reasoning', () => {
  const origin = { provider: 'openai', protocol: 'openai-chat', model: 'gpt-5.5' }

  it.each(['reasoning_content', 'reasoning'])('reads %s, and says whose it is (4)', (field) => {
    const chunks = [chunk({ [field]: 'hm' }), chunk({ [field]: 'm' }), chunk({ content: 'yes' }), STOP, '[DONE]']
    expect(parts(chunks)).toEqual([{ reasoning: '"hmm"' }, '"yes"'])
    expect(answer(chunks).parts[0]).toMatchObject({ seal: { kind: 'signature', value: '', origin } })
  })

  it('counts the same text in both fields once (5)', () => {
    expect(parts([chunk({ reasoning: 'hm', reasoning_content: 'hm' }), STOP, '[DONE]'])).toEqual([
      { reasoning: '"hm"' },
    ])
  })

  it('reads one field where two say different things', () => {
    const chunks = [
      chunk({ reasoning_content: '', reasoning: 'a' }),
      chunk({ reasoning_content: 'x', reasoning: 'b' }),
      STOP,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([{ reasoning: '"ab"' }])
  })

  it('opens a new part when reasoning goes on behind text (6)', () => {
    const chunks = [chunk({ content: 'a' }), chunk({ reasoning_content: 'b' }), chunk({ content: 'c' }), STOP, '[DONE]']
    expect(parts(chunks)).toEqual(['"a"', { reasoning: '"b"' }, '"c"'])
  })

  it('seals what only the vendor can read again (OpenRouter)', () => {
    const detail = (fields: Record<string, JsonValue>): JsonValue =>
      chunk({ reasoning: fields['text'] ?? null, reasoning_details: [{ type: 'reasoning.text', index: 0, ...fields }] })
    const encrypted = { type: 'reasoning.encrypted', data: 'zzz', id: 'rs', format: 'openai-responses-v1', index: 1 }
    const response = answer([
      detail({ text: 'hm', format: 'anthropic-claude-v1' }),
      detail({ text: 'm', format: 'anthropic-claude-v1' }),
      detail({ text: '', signature: 'sig' }),
      chunk({ reasoning_details: [encrypted] }),
      chunk({ content: 'yes' }),
      STOP,
      '[DONE]',
    ])
    const [text, hidden] = response.parts
    expect(text).toMatchObject({ kind: 'reasoning', text: '"hmm"', seal: { kind: 'signature', origin } })
    expect(text?.kind === 'reasoning' && JSON.parse(text.seal?.value ?? '')).toMatchObject({
      type: 'reasoning.text',
      signature: 'sig',
      format: 'anthropic-claude-v1',
      index: 0,
    })
    expect(hidden).toMatchObject({ kind: 'reasoning', text: '""', seal: { kind: 'encrypted', origin } })
    expect(hidden?.kind === 'reasoning' && JSON.parse(hidden.seal?.value ?? '')).toEqual(encrypted)
  })

  it('keeps details apart that were signed one by one', () => {
    const detail = (text: string): JsonValue => ({ type: 'reasoning.text', text, signature: `of ${text}` })
    expect(parts([chunk({ reasoning_details: [detail('a'), detail('b')] }), STOP, '[DONE]'])).toEqual([
      { reasoning: '"a"' },
      { reasoning: '"b"' },
    ])
  })

  it('reads content arrays with thinking (27)', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }
    const chunks = [
      chunk({ content: [thinking] }),
      chunk({ content: [thinking] }),
      chunk({ content: [{ type: 'text', text: 'a' }] }),
      chunk({ content: 'b' }),
      STOP,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([{ reasoning: '"hmhm"' }, '"ab"'])
  })

  it('finds think tags only where the dialect says so (23)', () => {
    const chunks = [
      chunk({ content: '<th' }),
      chunk({ content: 'ink>a</thi' }),
      chunk({ content: 'nk>b' }),
      STOP,
      '[DONE]',
    ]
    expect(parts(chunks, { dialect: dialect({ thinkTags: true }) })).toEqual([{ reasoning: '"a"' }, '"b"'])
    expect(parts(chunks)).toEqual(['"<think>a</think>b"'])
  })

  it("seals Google's signature of a tool call in front of the call", () => {
    const extra_content = { google: { thought_signature: 'sig' } }
    const fragment = { index: 0, id: 'c', type: 'function', extra_content, function: { name: 'f', arguments: '{}' } }
    const response = answer([chunk({ tool_calls: [fragment] }), CALLS, '[DONE]'])
    expect(response.parts).toMatchObject([
      { kind: 'reasoning', text: '""', seal: { kind: 'encrypted', value: JSON.stringify({ extra_content }), origin } },
      { kind: 'tool-call', id: 'c', name: 'f' },
    ])
  })
})

describe('streamDecoder() on tool calls', () => {
  it('untangles interleaved calls (1)', () => {
    const events = decodeStream(
      sse(
        chunk(call(0, { id: 'a', name: 'f', args: '' })),
        chunk(call(1, { id: 'b', name: 'g', args: '' })),
        chunk(call(0, { args: '{"x"' })),
        chunk(call(1, { args: '{"y"' })),
        chunk(call(0, { args: ':1}' })),
        chunk(call(1, { args: ':2}' })),
        CALLS,
        '[DONE]',
      ),
    )
    expect(foldEvents(events).parts).toMatchObject([
      { id: 'a', name: 'f', input: '{"x":1}' },
      { id: 'b', name: 'g', input: '{"y":2}' },
    ])
    let open = -1
    for (const event of events) {
      if (event.type === 'part-start') open = event.index
      if (event.type === 'input-delta') expect(event.index).toBe(open)
      if (event.type === 'part-end') open = -1
    }
  })

  it('streams the second call as soon as the first is whole', () => {
    const events = decodeStream(
      sse(
        chunk(call(0, { id: 'a', name: 'f', args: '{}' })),
        chunk(call(1, { id: 'b', name: 'g', args: '{"y"' })),
        chunk(call(1, { args: ':2}' })),
      ),
    )
    expect(events.filter(({ type }) => type === 'input-delta')).toHaveLength(3)
  })

  it('tells tool calls behind "stop" (7)', () => {
    expect(answer([chunk(call(0, { id: 'a', name: 'f', args: '{}' })), STOP, '[DONE]']).finish).toMatchObject({
      reason: 'tool-call',
      raw: 'stop',
    })
  })

  it('waits for a late name, and loses no arguments (13)', () => {
    const chunks = [
      chunk(call(0, { id: 'a', args: '{"x"' })),
      chunk(call(0, { args: ':1' })),
      chunk(call(0, { name: 'f', args: '}' })),
      CALLS,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([['f', '{"x":1}']])
  })

  it('makes up an id that is late or absent, the same every time (14)', () => {
    const id = (...chunks: JsonValue[]): string => {
      const [part] = answer([...chunks, CALLS, '[DONE]']).parts
      return part?.kind === 'tool-call' ? part.id : ''
    }
    const absent = id(chunk(call(0, { name: 'f', args: '{}' })))
    expect(absent).toMatch(/^call_[A-Za-z0-9]{24}$/)
    expect(id(chunk(call(0, { id: null, name: 'f', args: '{}' })))).toBe(absent)
    expect(id(chunk(call(0, { id: null, name: 'f', args: '{' })), chunk(call(0, { id: 'late', args: '}' })))).toBe(
      absent,
    )
    expect(id(chunk(call(0, { name: 'g', args: '{}' })))).not.toBe(absent)
  })

  it('ignores names and ids that are repeated or empty (15)', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{"x"' })),
      chunk(call(0, { id: 'a', name: '', args: ':' })),
      chunk(call(0, { id: '', name: 'f', args: '1}' })),
      CALLS,
      '[DONE]',
    ]
    expect(answer(chunks).parts).toMatchObject([{ id: 'a', name: 'f', input: '{"x":1}' }])
  })

  it('takes arguments that are an object (16)', () => {
    expect(parts([chunk(call(0, { id: 'a', name: 'f', args: { x: 1.5 } })), CALLS, '[DONE]'])).toEqual([
      ['f', '{"x":1.5}'],
    ])
  })

  it('ignores whole arguments that come once more (17)', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{"x":' })),
      chunk(call(0, { args: '1}' })),
      chunk(call(0, { args: '{"x":1}' }), 'tool_calls'),
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([['f', '{"x":1}']])
  })

  it('does not take nested objects for repetition', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{"x":' })),
      chunk(call(0, { args: '{"x":' })),
      chunk(call(0, { args: '1}}' })),
      CALLS,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([['f', '{"x":{"x":1}}']])
  })

  it('delivers broken arguments as they are (18)', () => {
    expect(parts([chunk(call(0, { id: 'a', name: 'f', args: '{"a":' })), chunk({}, 'length'), '[DONE]'])).toEqual([
      ['f', { invalid: '"{\\"a\\":"' }],
    ])
  })

  it('takes no arguments for an empty object (19)', () => {
    const events = decodeStream(sse(chunk(call(0, { id: 'a', name: 'f' })), CALLS, '[DONE]'))
    expect(events.some(({ type }) => type === 'input-delta')).toBe(false)
    expect(foldEvents(events).parts).toMatchObject([{ input: '{}', invalid: false }])
  })

  it('tells calls apart that all have the index 0', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{"x":1}' })),
      chunk(call(0, { id: 'b', name: 'f', args: '{"x":2}' })),
      CALLS,
      '[DONE]',
    ]
    expect(answer(chunks).parts).toMatchObject([{ id: 'a' }, { id: 'b', input: '{"x":2}' }])
  })

  it('tells calls apart that have no index', () => {
    const chunks = [
      chunk(call(null, { id: 'a', name: 'f', args: '{"x"' })),
      chunk(call(null, { args: ':1}' })),
      chunk(call(null, { id: 'b', name: 'g', args: '{}' })),
      CALLS,
      '[DONE]',
    ]
    expect(answer(chunks).parts).toMatchObject([
      { id: 'a', input: '{"x":1}' },
      { id: 'b', input: '{}' },
    ])
  })

  it('gives each call its own id where the vendor repeats one', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{}' })),
      chunk(call(1, { id: 'a', name: 'g', args: '{}' })),
      CALLS,
      '[DONE]',
    ]
    const ids = answer(chunks).parts.map((part) => part.kind === 'tool-call' && part.id)
    expect(new Set(ids).size).toBe(2)
  })

  it('keeps text that comes between the fragments of a call for later', () => {
    const chunks = [
      chunk({ content: 'first' }),
      chunk(call(0, { id: 'a', name: 'f', args: '{"x"' })),
      chunk({ content: 'between' }),
      chunk(call(0, { args: ':1}' })),
      CALLS,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual(['"first"', ['f', '{"x":1}'], '"between"'])
  })

  it('keeps the order of what waited for a call and what came behind it', () => {
    const chunks = [
      chunk(call(0, { id: 'a', name: 'f', args: '{"x"' })),
      chunk({ content: 'one' }),
      chunk(call(0, { args: ':1}' })),
      chunk({ content: ' two' }),
      STOP,
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([['f', '{"x":1}'], '"one two"'])
  })

  it('gives names back as the client knows them (59)', () => {
    const toolNames = new Map([['a_b', 'a.b']])
    expect(parts([chunk(call(0, { id: 'a', name: 'a_b', args: '{}' })), CALLS, '[DONE]'], { toolNames })).toEqual([
      ['a.b', '{}'],
    ])
  })

  it('reads the legacy function_call (81)', () => {
    const chunks = [
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{"x":1}' } }),
      chunk({}, 'function_call'),
      '[DONE]',
    ]
    expect(parts(chunks)).toEqual([['f', '{"x":1}']])
    expect(answer(chunks).finish.reason).toBe('tool-call')
  })

  it('carries custom tool calls', () => {
    const custom = (fields: Record<string, JsonValue>): JsonValue => chunk({ tool_calls: [{ index: 0, ...fields }] })
    const chunks = [
      custom({ id: 'a', type: 'custom', custom: { name: 'patch', input: '' } }),
      custom({ custom: { input: 'one ' } }),
      custom({ custom: { input: 'two' } }),
      CALLS,
      '[DONE]',
    ]
    const [part] = answer(chunks).parts
    expect(part?.kind === 'opaque' && JSON.parse(part.raw)).toEqual({
      id: 'a',
      type: 'custom',
      custom: { name: 'patch', input: 'one two' },
    })
    expect(answer(chunks).finish.reason).toBe('tool-call')
  })

  it('carries calls of kinds that nobody typed', () => {
    const mcp = { index: 0, id: 'a', type: 'mcp', mcp: { server: 's' } }
    const response = answer([chunk({ tool_calls: [mcp] }), CALLS, '[DONE]'])
    expect(response.parts).toEqual([
      {
        kind: 'opaque',
        protocol: 'openai-chat',
        type: 'tool_call',
        raw: '{"id":"a","type":"mcp","mcp":{"server":"s"}}',
      },
    ])
    expect(response.finish.reason).toBe('tool-call')
  })

  it('fails on a call that never gets a name', () => {
    expect(codeOf(decodeStream(sse(chunk(call(0, { id: 'a', args: '{}' })), CALLS, '[DONE]')))).toBe(
      'upstream_invalid_response',
    )
  })
})

describe('streamDecoder() on usage', () => {
  it('reports it before finish, also when it comes behind the finish reason (2)', () => {
    const events = decodeStream(sse(chunk({ content: 'a' }), STOP, USAGE, '[DONE]'))
    expect(events.slice(-2)).toMatchObject([
      { type: 'usage', usage: { input: { total: 60 }, output: { total: 20 } } },
      { type: 'finish' },
    ])
  })

  it('lets the last of several win, and says nothing behind finish (24)', () => {
    const more = chunk({}, null, { choices: [], usage: { prompt_tokens: 60, completion_tokens: 25 } })
    expect(answer([chunk({ content: 'a' }), STOP, USAGE, more, '[DONE]']).usage?.output.total).toBe(25)
    const late = decodeStream(sse(chunk({ content: 'a' }), STOP, '[DONE]', USAGE))
    expect(late.slice(-2)).toMatchObject([{ type: 'usage' }, { type: 'finish' }])
    const after = decodeStream(sse(chunk({ content: 'a' }), STOP, USAGE, '[DONE]', more))
    expect(after.filter(({ type }) => type === 'usage')).toHaveLength(1)
    expect(after.at(-1)?.type).toBe('finish')
  })

  it('is null when there is none (3)', () => {
    expect(answer([chunk({ content: 'a' }), STOP, '[DONE]']).usage).toBeNull()
  })

  it.each<[string, JsonValue]>([
    ['x_groq', chunk({}, 'stop', { x_groq: { id: 'r', usage: { prompt_tokens: 3, completion_tokens: 4 } } })],
    [
      'choices[0]',
      {
        id: '1',
        choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 4 } }],
      },
    ],
  ])('is found in %s (26)', (_place, last) => {
    expect(answer([chunk({ content: 'a' }), last, '[DONE]']).usage).toMatchObject({ input: { total: 3 } })
  })

  it('finishes at [DONE], and waits for the end only where usage was promised and is missing', () => {
    const atDone = (stream: string, streamUsage: boolean): boolean => {
      const events: Event[] = []
      const decoder = streamDecoder(answerContext({ dialect: dialect({ streamUsage }) }), (event) => events.push(event))
      decoder.feed(Buffer.from(stream))
      return events.at(-1)?.type === 'finish'
    }
    expect(atDone(sse(STOP, USAGE, '[DONE]'), true)).toBe(true)
    expect(atDone(sse(STOP, '[DONE]'), false)).toBe(true)
    expect(atDone(sse(STOP, '[DONE]'), true)).toBe(false)
    expect(atDone(sse(STOP), true)).toBe(false)
  })
})

describe('streamDecoder() on ends', () => {
  it.each([
    ['no finish reason (10)', sse(chunk({ content: 'a' })), 'upstream_truncated'],
    ['nothing at all', '', 'upstream_truncated'],
    ['only [DONE]', sse('[DONE]'), 'upstream_truncated'],
    [
      'an error event (11)',
      sse(chunk({ content: 'a' }), { error: { message: 'm', code: 429 } }),
      'upstream_rate_limited',
    ],
    ['event: error', 'event: error\ndata: {"message":"m"}\n\n', 'upstream_failed'],
    ['a bare error', '{"error":{"message":"m","type":"overloaded_error"}}\n\n', 'upstream_overloaded'],
    ['bare JSON', '{"id":"1"}\n\n', 'upstream_invalid_response'],
    ['an error in the choice', sse({ choices: [{ error: { code: 503, message: 'm' } }] }), 'upstream_overloaded'],
    ['finish reason error', sse(chunk({ content: 'a' }), chunk({}, 'error'), '[DONE]'), 'upstream_failed'],
    ['broken JSON', sse('{"id":'), 'upstream_invalid_response'],
    ['no object', sse('"text"'), 'upstream_invalid_response'],
    ['duplicate keys', sse('{"choices":[],"choices":[]}'), 'upstream_invalid_response'],
  ])('fails on %s', (_name, stream, code) => {
    const events = decodeStream(stream)
    expect(codeOf(events)).toBe(code)
    expect(events.filter(({ type }) => type === 'finish' || type === 'error')).toHaveLength(1)
  })

  it('fails on an event that is too large', () => {
    expect(codeOf(decodeStream(sse(chunk({ content: 'a'.repeat(500) })), { maxEventBytes: 100 }))).toBe(
      'upstream_too_large',
    )
  })

  it('accepts the end of the stream in place of [DONE] after a finish reason', () => {
    expect(codeOf(decodeStream(sse(chunk({ content: 'a' }), STOP)))).toBe('finish')
  })

  it('accepts [DONE] in place of a finish reason', () => {
    expect(answer([chunk({ content: 'a' }), '[DONE]']).finish).toMatchObject({ reason: 'stop', raw: null })
  })

  it('tells which stop sequence was met where the vendor does (38)', () => {
    const last = { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: 'END' }] }
    expect(answer([chunk({ content: 'a' }), last, '[DONE]'], { stop: ['END'] }).finish).toMatchObject({
      reason: 'stop-sequence',
      stopSequence: 'END',
    })
  })

  it('keeps what else the first and the last chunk say', () => {
    const response = answer([
      chunk({ content: 'a' }, null, { system_fingerprint: 'fp', obfuscation: 'xx' }),
      { ...(STOP as object), service_tier: 'flex', system_fingerprint: 'fp' },
      '[DONE]',
    ])
    expect(Object.fromEntries(response.ext?.fields ?? [])).toEqual({
      system_fingerprint: '"fp"',
      service_tier: '"flex"',
    })
  })
})

describe('streamDecoder() laws', () => {
  const stream = Buffer.from(
    sse(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'so \u{1f600}' }),
      chunk({ content: 'gr\u00fc\u00df' }),
      chunk(call(0, { id: 'a', name: 'f', args: '' })),
      chunk(call(1, { id: 'b', name: 'g', args: '{' })),
      chunk(call(0, { args: '{"x":1}' })),
      chunk(call(1, { args: '}' })),
      CALLS,
      USAGE,
      '[DONE]',
    ),
  )

  it('gives the same events however the bytes are cut (20, 122)', () => {
    const whole = decodeStream(stream)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        expect(
          decodeStream(
            stream,
            {},
            cuts.sort((a, b) => a - b),
          ),
        ).toEqual(whole)
      }),
    )
    expect(decodeStream(stream, {}, [...stream.keys()].slice(1))).toEqual(whole)
  })

  it('keeps the order of events whatever fragments come', () => {
    const fragment = fc.oneof(
      fc.record({ content: fc.string({ unit: 'binary' }) }),
      fc.record({ reasoning_content: fc.string() }),
      fc.record({ refusal: fc.string() }),
      fc
        .tuple(
          fc.nat(2),
          fc.option(fc.constantFrom('a', 'b')),
          fc.option(fc.constantFrom('f', 'g')),
          fc.constantFrom('', '{', '}', '{}'),
        )
        .map(([index, id, name, args]) => call(index, { id, name, args })),
    )
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 12 }),
        fc.option(fc.constantFrom('stop', 'length', 'error')),
        (deltas, finish) => {
          const events = decodeStream(sse(...deltas.map((delta) => chunk(delta)), chunk({}, finish), '[DONE]'))
          let open: number | null = null
          let next = 0
          for (const event of events.slice(0, -1)) {
            if (event.type === 'part-start') {
              expect([open, event.index]).toEqual([null, next++])
              open = event.index
            } else if (event.type === 'part-end') {
              expect(event.index).toBe(open)
              open = null
            } else if (event.type === 'text-delta' || event.type === 'input-delta' || event.type === 'seal-delta') {
              expect(event.index).toBe(open)
            }
            expect(['finish', 'error']).not.toContain(event.type)
          }
          expect(['finish', 'error']).toContain(events.at(-1)?.type)
          if (events.at(-1)?.type === 'finish') expect(open).toBeNull()
        },
      ),
    )
  })
})

/** What vendors put into streams, in any order. */
const anyDelta: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map((content) => ({ content })) },
  { weight: 6, arbitrary: fc.constantFrom('{"a":"', 'b', '\\"', '"}', '', ' ').map((args) => call(0, { args })) },
  fc.constantFrom('{}', 'c').map((args) => call(1, { args })),
  fc.record({ index: fc.nat(1), id: fc.constantFrom('x', 'y') }).map(({ index, id }) => call(index, { id, name: 'f' })),
  fc.constant({ role: 'assistant' }),
  fc.constant({ reasoning_content: 'hm' }),
  fc.constant({ refusal: 'no' }),
)
const anyChunk: fc.Arbitrary<JsonValue | string> = fc.oneof(
  { weight: 12, arbitrary: anyDelta.map((delta) => chunk(delta)) },
  anyDelta.map((delta) => chunk(delta, null, { choices: [{ index: 0, delta, logprobs: { content: [] } }] })),
  anyDelta.map((delta) => chunk(delta, null, { choices: [{ index: 1, delta, finish_reason: null }] })),
  fc.constantFrom<JsonValue | string>(STOP, CALLS, USAGE, '[DONE]', chunk({ content: 'x' }, 'stop')),
  fc.constant({ error: { message: 'later', type: 'server_error' } }),
)

/** Each chunk comes by itself. */
function decodedOneByOne(chunks: readonly (JsonValue | string)[], changes: Changes): Event[] {
  let end = 0
  const cuts = chunks.map((each) => (end += Buffer.byteLength(sse(each))))
  return decodeStream(sse(...chunks), changes, cuts.slice(0, -1))
}

describe('streamDecoder() on chunks that it knows again', () => {
  it('reads them as it would one by one', () => {
    fc.assert(
      fc.property(fc.array(anyChunk, { maxLength: 24 }), fc.boolean(), (chunks, thinkTags) => {
        const changes = { dialect: dialect({ thinkTags }) }
        const differing = chunks.map((each, created) =>
          each === null || typeof each !== 'object' || Array.isArray(each) ? each : { ...each, created },
        )
        const expected = decodedOneByOne(differing, changes)
        expect(decodeStream(sse(...chunks), changes)).toEqual(expected)
        expect(decodedOneByOne(chunks, changes)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})
