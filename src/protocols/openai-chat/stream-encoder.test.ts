import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Seal } from '../../canonical/content.ts'
import type { Event, PartHead } from '../../canonical/event.ts'
import { foldEvents } from '../../canonical/fold.ts'
import { LossList } from '../../canonical/loss.ts'
import type { Finish, FinishReason } from '../../canonical/response.ts'
import { NO_USAGE } from '../../canonical/usage.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../lib/error.ts'
import { stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { ReplyContext } from '../protocol.ts'
import { encodeResponse } from './encode-response.ts'
import { ownExt } from './ext.ts'
import { PING, streamEncoder } from './stream-encoder.ts'
import { chunk, decodeStream, replyContext, sse } from './test-support.ts'

const ANTHROPIC = { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' } as const
const SIGNATURE: Seal = { kind: 'signature', value: 'sig', origin: ANTHROPIC }
const USAGE: Usage = {
  ...NO_USAGE,
  input: { total: 110, cacheRead: 40, cacheWrite: 10, cacheWriteLong: 0 },
  output: { total: 20, reasoning: 5 },
}

/** Events of a part that is made of pieces; the index is set by `events`. */
interface Piece {
  readonly head: PartHead
  readonly deltas?: readonly string[]
  readonly seal?: Seal
  readonly citations?: readonly JsonValue[]
}

const text = (...deltas: string[]): Piece => ({ head: { kind: 'text', refusal: false, ext: null }, deltas })
const tool = (id: string, name: string, ...deltas: string[]): Piece => ({
  head: { kind: 'tool-call', id, name, ext: null },
  deltas,
})
const reasoning = (seal: Seal | null, ...deltas: string[]): Piece => ({
  head: { kind: 'reasoning', ext: null },
  deltas,
  ...(seal === null ? {} : { seal }),
})
const hidden: Piece = {
  head: { kind: 'opaque', protocol: 'anthropic-messages', type: 'server_tool_use', raw: toJsonText({ id: 's' }) },
}

function partEvents({ head, deltas = [], seal, citations = [] }: Piece, index: number): Event[] {
  return [
    { type: 'part-start', index, part: head },
    ...deltas.map((delta): Event =>
      head.kind === 'tool-call'
        ? { type: 'input-delta', index, json: stringToJson(delta) }
        : { type: 'text-delta', index, text: stringToJson(delta) },
    ),
    ...citations.map((citation): Event => ({ type: 'citation-delta', index, citation: toJsonText(citation) })),
    ...(seal === undefined ? [] : [{ type: 'seal-delta', index, seal } satisfies Event]),
    { type: 'part-end', index },
  ]
}

function events(reason: FinishReason, pieces: readonly Piece[], usage: Usage | null = USAGE): Event[] {
  const finish: Finish = { reason, raw: null, stopSequence: null, details: null }
  return [
    { type: 'start', id: 'msg_1', model: 'claude', usage: null, ext: null },
    ...pieces.flatMap(partEvents),
    ...(usage === null ? [] : [{ type: 'usage', usage } satisfies Event]),
    { type: 'finish', finish, ext: null },
  ]
}

function encode(list: readonly Event[], changes: Partial<ReplyContext> = {}): string {
  const encoder = streamEncoder(replyContext(changes))
  return list.map((event) => encoder.encode(event)).join('')
}

interface Call {
  readonly index: number
  readonly id?: string
  readonly function: { name?: string; arguments: string }
}

interface Delta {
  readonly [name: string]: unknown
  readonly tool_calls?: readonly Call[]
  readonly function_call?: { readonly name?: string; readonly arguments: string }
}

interface Chunk {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly system_fingerprint?: string
  readonly usage?: unknown
  readonly choices: readonly {
    readonly delta: Delta
    readonly logprobs: unknown
    readonly finish_reason: string | null
  }[]
}

/** What an SDK has when the stream is over. */
interface Accumulated {
  readonly message: Record<string, unknown>
  readonly finish: string | null
  readonly usage: unknown
}

/** The JSON of all chunks. */
function chunks(list: readonly Event[], changes: Partial<ReplyContext> = {}): Chunk[] {
  const lines = encode(list, changes).split('\n\n')
  expect(lines.slice(-2)).toEqual(['data: [DONE]', ''])
  return lines.slice(0, -2).map((line) => JSON.parse(line.slice('data: '.length)))
}

function saidBy(list: readonly Event[], changes: Partial<ReplyContext> = {}): Delta[] {
  return chunks(list, changes).flatMap(({ choices }) => choices.map(({ delta }) => delta))
}

function accumulate(list: readonly Event[], changes: Partial<ReplyContext> = {}): Accumulated {
  const message: Record<string, unknown> = { role: 'assistant', content: null, refusal: null }
  const calls: Call[] = []
  let finish: string | null = null
  let usage: unknown
  for (const { choices, usage: counted } of chunks(list, changes)) {
    usage = counted ?? usage
    for (const { delta, finish_reason } of choices) {
      finish = finish_reason ?? finish
      const { role: _role, tool_calls = [], function_call, ...others } = delta
      for (const { index, ...fragment } of tool_calls) {
        const known = (calls[index] ??= { index, ...fragment, function: { ...fragment.function, arguments: '' } })
        known.function.arguments += fragment.function.arguments
      }
      const said: Record<string, unknown> = { ...others, ...function_call }
      for (const [name, value] of Object.entries(said)) {
        const before = message[name]
        if (Array.isArray(value)) message[name] = Array.isArray(before) ? before.concat(value) : value
        else message[name] = `${typeof before === 'string' ? before : ''}${String(value)}`
      }
    }
  }
  if (calls.length > 0) message['tool_calls'] = calls.map(({ index: _index, ...call }) => call)
  return { message, finish, usage }
}

describe('streamEncoder()', () => {
  it('writes the golden stream of reasoning, text and two calls (72)', () => {
    const redacted: Seal = { kind: 'redacted', value: 'zzz', origin: ANTHROPIC }
    const list = events('tool-call', [
      reasoning(SIGNATURE, 'h', 'm'),
      reasoning(redacted),
      text('yes'),
      tool('toolu_1', 'read', '{"p":', '1}'),
      tool('toolu_2', 'list'),
    ])
    const all = saidBy(list)
    expect(all.map((delta) => JSON.stringify(delta).replaceAll(/"ucr1[^"]*"/g, '"CARRIER"'))).toEqual([
      '{"role":"assistant"}',
      '{"reasoning_content":"h"}',
      '{"reasoning_content":"m"}',
      '{"content":"yes"}',
      '{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"read","arguments":""}}]}',
      '{"tool_calls":[{"index":0,"function":{"arguments":"{\\"p\\":"}}]}',
      '{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}',
      '{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"list","arguments":""}}]}',
      '{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}',
      '{"reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"CARRIER","format":"unknown","index":0},{"type":"reasoning.encrypted","data":"CARRIER","format":"unknown","index":1}]}',
      '{}',
    ])
    expect(chunks(list).at(-2)?.choices[0]).toMatchObject({ finish_reason: 'tool_calls' })
    expect(chunks(list).at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 110,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
      },
    })
  })

  it('names a call only in its first fragment (73)', () => {
    const [, first, ...later] = saidBy(events('tool-call', [tool('c', 'f', '{', '}')]))
    expect(first?.tool_calls?.[0]?.function.name).toBe('f')
    for (const delta of later) expect(delta.tool_calls?.[0]?.function ?? {}).not.toHaveProperty('name')
  })

  it('counts calls without a gap, whatever is hidden between them (68)', () => {
    const losses = new LossList()
    const list = events('tool-call', [hidden, tool('a', 'f'), hidden, tool('b', 'g')])
    const indices = saidBy(list, { losses })
      .flatMap((delta) => delta.tool_calls ?? [])
      .map(({ index }) => index)
    expect(indices).toEqual([0, 0, 1, 1])
    expect(losses.losses).toMatchObject([{ field: 'content.server_tool_use', how: 'dropped' }])
  })

  it('says the same id, model and time in every chunk, and log probabilities of null (83)', () => {
    const all = chunks(events('stop', [text('a', 'b')]))
    for (const { id, object, created, model, choices } of all) {
      expect({ id, object, created, model }).toEqual({
        id: 'chatcmpl-r1',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'asked',
      })
      for (const choice of choices) expect(choice.logprobs).toBeNull()
    }
  })

  it('reports usage only to clients that asked (77)', () => {
    const without = chunks(events('stop', [text('a')]), { includeUsage: false })
    for (const each of without) expect(each).not.toHaveProperty('usage')
    expect(without.every(({ choices }) => choices.length === 1)).toBe(true)
    const withUsage = chunks(events('stop', [text('a')]))
    expect(withUsage.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 110 } })
  })

  it.each<[FinishReason, string]>([
    ['refusal', 'content_filter'],
    ['context-window', 'length'],
    ['pause', 'stop'],
    ['stop-sequence', 'stop'],
  ])('writes finish %s as %s (74)', (reason, word) => {
    expect(accumulate(events(reason, [text('a')])).finish).toBe(word)
  })

  it('gives a refusal without words its explanation (74)', () => {
    const details = toJsonText({ type: 'refusal', explanation: 'not this' })
    const finish: Finish = { reason: 'refusal', raw: 'refusal', stopSequence: null, details }
    const list: Event[] = [...events('refusal', []).slice(0, -1), { type: 'finish', finish, ext: null }]
    expect(accumulate(list).message['refusal']).toBe('not this')
    expect(accumulate(events('refusal', [])).message['refusal']).toBe('The model declined to answer.')
    expect(accumulate(events('refusal', [text('so far')])).message['refusal']).toBeNull()
  })

  it('ends a failed stream with the error and nothing behind it (75)', () => {
    const error: Event = { type: 'error', error: new GatewayError('upstream_truncated', 'cut') }
    const bytes = encode([...events('stop', [text('a')]).slice(0, -2), error])
    expect(bytes.endsWith('\n\n')).toBe(true)
    expect(bytes).not.toContain('[DONE]')
    expect(JSON.parse(bytes.trim().split('\n\n').at(-1)?.slice(6) ?? '')).toMatchObject({ error: { message: 'cut' } })
  })

  it('writes text literals as they came', () => {
    const list = events('stop', [text('')])
    list.splice(2, 0, { type: 'text-delta', index: 0, text: '"\\u00e9\\/"' as ReturnType<typeof stringToJson> })
    expect(encode(list)).toContain('{"content":"\\u00e9\\/"}')
  })

  it('annotates cited text with its span in UTF-16 units, in one list (82)', () => {
    const cited = { type: 'web_search_result_location', url: 'https://a.b', title: 'T', cited_text: 'c' }
    const twice = { ...text('cited'), citations: [cited] }
    const list = events('stop', [text('\u{1f600}\n'), twice, text('.'), twice])
    const annotation = (start: number) => ({
      type: 'url_citation',
      url_citation: { url: 'https://a.b', title: 'T', start_index: start, end_index: start + 5, content: 'c' },
    })
    expect(saidBy(list).filter((delta) => 'annotations' in delta)).toEqual([
      { annotations: [annotation(3), annotation(9)] },
    ])
  })

  it('reports citations that point nowhere', () => {
    const losses = new LossList()
    const cited = { type: 'char_location', document_index: 0, cited_text: 'c' }
    encode(events('stop', [{ ...text('x'), citations: [cited] }]), { losses })
    expect(losses.losses).toMatchObject([{ field: 'content.citations' }])
  })

  it('answers a client of legacy functions in their form (81)', () => {
    const requestExt = ownExt(new Map([['$legacy', toJsonText(true)]]))
    const losses = new LossList()
    const list = events('tool-call', [tool('a', 'f', '{}'), tool('b', 'g', '{}')])
    const { message, finish } = accumulate(list, { requestExt, losses })
    expect(message).toMatchObject({ name: 'f', arguments: '{}' })
    expect(message).not.toHaveProperty('tool_calls')
    expect(finish).toBe('function_call')
    expect(losses.losses).toMatchObject([{ field: 'tool_calls' }])
  })

  it('gives a Chat vendor its own words back', () => {
    const detail = { type: 'reasoning.text', signature: 's', index: 0 }
    const file = { type: 'file', file: { hash: 'h' } }
    const called = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '', future: 1 } }
    const stream = sse(
      // Azure says this in front of the answer.
      { id: '', choices: [], prompt_filter_results: [] },
      chunk({ reasoning: 'hm', reasoning_details: [{ ...detail, text: 'hm' }] }, null, { system_fingerprint: 'fp' }),
      chunk({ content: 'a', audio: { id: 'x' } }),
      chunk({ annotations: [file] }),
      chunk({ tool_calls: [called] }),
      { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'end' }] },
      '[DONE]',
    )
    const all = chunks(decodeStream(stream))
    expect(all.every(({ system_fingerprint }) => system_fingerprint === 'fp')).toBe(true)
    const said = all.flatMap(({ choices }) => choices).map(({ delta }) => delta)
    expect(said).toContainEqual({ reasoning_details: [{ ...detail, text: 'hm' }] })
    expect(said).toContainEqual({ audio: { id: 'x' } })
    expect(said).toContainEqual({ annotations: [file] })
    expect(said).toContainEqual({ tool_calls: [called] })
    expect(all.filter((each) => 'prompt_filter_results' in each)).toHaveLength(1)
    expect(all.flatMap(({ choices }) => choices).at(-1)).toMatchObject({ native_finish_reason: 'end' })
  })

  it('uses the reasoning field of the Chat vendor', () => {
    const stream = sse(chunk({ reasoning: 'hm' }), chunk({}, 'stop'), '[DONE]')
    expect(saidBy(decodeStream(stream))).toContainEqual({ reasoning: 'hm' })
    expect(encode(decodeStream(stream))).not.toContain('reasoning_details')
  })

  it('has a ping that is a comment', () => {
    expect(PING).toMatch(/^: .*\n\n$/)
  })
})

describe('streamEncoder() and encodeResponse()', () => {
  const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 3 })
  const piece = fc.oneof(
    words.map((each) => text(...each)),
    words.map((each): Piece => ({ head: { kind: 'text', refusal: true, ext: null }, deltas: each })),
    words.map((each) => reasoning(SIGNATURE, ...each)),
    words.map((each): Piece => {
      const citations = [{ type: 'web_search_result_location', url: 'https://a.b', title: 'T' }]
      return Object.assign(text(...each), { citations })
    }),
    fc
      .tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.dictionary(fc.string(), fc.jsonValue()))
      .map(([id, name, input]) => tool(id, name, JSON.stringify(input))),
    fc.constant(hidden),
    fc.constant<Piece>({
      head: {
        kind: 'media',
        media: 'image',
        source: { type: 'base64', mediaType: 'image/png', data: stringToJson('AAAA') },
        title: null,
        context: null,
        cache: null,
        ext: null,
      },
    }),
  )
  const reason = fc.constantFrom<FinishReason>('stop', 'length', 'refusal', 'tool-call', 'pause', 'context-window')

  it('say the same to the client (120)', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), reason, (pieces, finishReason) => {
        const list = events(finishReason, pieces)
        const { choices, usage } = JSON.parse(encodeResponse(foldEvents(list), replyContext()))
        const streamed = accumulate(list)
        const message = { ...choices[0].message }
        // Nothing said is null in a stream; a whole answer has the empty string.
        message.content ||= null
        message.refusal ||= null
        expect({ message, finish: choices[0].finish_reason, usage }).toEqual(streamed)
      }),
    )
  })
})
