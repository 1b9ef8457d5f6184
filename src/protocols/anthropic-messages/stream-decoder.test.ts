import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../canonical/event.ts'
import { foldEvents } from '../../canonical/fold.ts'
import { stringToJson } from '../../lib/json.ts'
import { answeredBlocks } from '../../../test/support/messages-answers.ts'
import type { AnsweredBlock } from '../../../test/support/messages-answers.ts'
import { decodeResponse } from './decode-response.ts'
import { mergeOpaque } from './merge-opaque.ts'
import {
  answerContext,
  blockDelta,
  blockStart,
  blockStop,
  eventsOf,
  MESSAGE_START,
  MESSAGE_STOP,
  messageDelta,
  sse,
} from './test-support.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'

const TEXT = { type: 'text', text: '' }
const textDelta = (index: number, text: string) => blockDelta(index, { type: 'text_delta', text })
const jsonDelta = (index: number, json: string) => blockDelta(index, { type: 'input_json_delta', partial_json: json })
const tool = (id: string, input: object = {}) => ({ type: 'tool_use', id, name: `name_${id}`, input })

/** Events in one line each, for reading. */
function lines(events: readonly Event[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'part-start':
        return `${event.index} start ${event.part.kind}${event.part.kind === 'tool-call' ? ` ${event.part.id}` : ''}`
      case 'part-end':
        return `${event.index} end`
      case 'text-delta':
        return `${event.index} text ${event.text}`
      case 'input-delta':
        return `${event.index} input ${event.json}`
      case 'seal-delta':
        return `${event.index} seal ${event.seal.kind} ${event.seal.value}`
      case 'citation-delta':
        return `${event.index} citation ${event.citation}`
      case 'opaque-delta':
        return `${event.index} opaque ${event.raw}`
      case 'finish':
        return `finish ${event.finish.reason}`
      case 'error':
        return `error ${event.error.code}`
      case 'opaque':
        return `opaque ${event.name}`
      case 'start':
      case 'usage':
        return event.type
      default:
        return event satisfies never
    }
  })
}

function answer(...blocks: { type: string; [member: string]: unknown }[]): Buffer {
  return sse(MESSAGE_START, ...blocks, messageDelta('end_turn'), MESSAGE_STOP)
}

/** What lies between start and usage. */
function partLines(...blocks: { type: string; [member: string]: unknown }[]): string[] {
  return lines(eventsOf([answer(...blocks)])).slice(1, -2)
}

describe('MessagesStreamDecoder', () => {
  it('reads a text answer', () => {
    const events = eventsOf([
      answer(blockStart(0, TEXT), { type: 'ping' }, textDelta(0, 'He'), textDelta(0, 'y'), blockStop(0)),
    ])
    expect(lines(events)).toEqual([
      'start',
      '0 start text',
      '0 text "He"',
      '0 text "y"',
      '0 end',
      'usage',
      'finish stop',
    ])
    expect(events[0]).toMatchObject({ id: 'msg_up', model: 'claude-up', ext: { protocol: 'anthropic-messages' } })
  })

  it('counts all input into the total, and keeps what a later usage leaves out', () => {
    const events = eventsOf([answer()])
    expect(events[0]).toMatchObject({
      usage: { input: { total: 55, cacheRead: 40, cacheWrite: 5 }, output: { total: 1 } },
    })
    expect(events.find(({ type }) => type === 'usage')).toMatchObject({
      usage: { input: { total: 55, cacheRead: 40, cacheWrite: 5 }, output: { total: 20 }, estimated: false },
    })
  })

  it('gives the signature as a seal with its origin, behind the text', () => {
    const events = eventsOf([
      answer(
        blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'hm' }),
        blockDelta(0, { type: 'signature_delta', signature: 'sig' }),
        blockStop(0),
        blockStart(1, { type: 'redacted_thinking', data: 'red' }),
        blockStop(1),
      ),
    ])
    expect(lines(events).slice(1, -2)).toEqual([
      '0 start reasoning',
      '0 text "hm"',
      '0 seal signature sig',
      '0 end',
      '1 start reasoning',
      '1 seal redacted red',
      '1 end',
    ])
    expect(events[3]).toMatchObject({
      seal: { origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude-up' } },
    })
  })

  it('marks reasoning that a host did not sign with where it came from', () => {
    const events = eventsOf([answer(blockStart(0, { type: 'thinking', thinking: 'a' }), blockStop(0))], {
      provider: 'kimi',
    })
    expect(events.find(({ type }) => type === 'seal-delta')).toMatchObject({
      seal: { value: '', origin: { provider: 'kimi' } },
    })
  })

  it('reads tool input in pieces, whole at the start, and not at all (case 19)', () => {
    expect(
      partLines(
        blockStart(0, tool('a')),
        jsonDelta(0, ''),
        jsonDelta(0, '{"x":'),
        jsonDelta(0, '1}'),
        blockStop(0),
        blockStart(1, tool('b', { y: 1 })),
        blockStop(1),
        blockStart(2, tool('c')),
        blockStop(2),
      ),
    ).toEqual([
      '0 start tool-call a',
      '0 input "{\\"x\\":"',
      '0 input "1}"',
      '0 end',
      '1 start tool-call b',
      '1 input "{\\"y\\":1}"',
      '1 end',
      '2 start tool-call c',
      '2 end',
    ])
  })

  it('takes the pieces where a whole input at the start and pieces both come', () => {
    expect(partLines(blockStart(0, tool('a', { x: 1 })), jsonDelta(0, '{"x":1}'), blockStop(0))).toEqual([
      '0 start tool-call a',
      '0 input "{\\"x\\":1}"',
      '0 end',
    ])
    expect(partLines(blockStart(0, { ...tool('a'), input: '' }), jsonDelta(0, '{}'), blockStop(0))).toContain(
      '0 input "{}"',
    )
  })

  it('closes a text when the next block begins, where all stops come at the end (llama.cpp)', () => {
    expect(
      partLines(
        blockStart(0, { type: 'thinking', thinking: '' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'hm' }),
        blockStart(1, TEXT),
        textDelta(1, 'a'),
        blockStart(2, tool('t')),
        jsonDelta(2, '{}'),
        blockStart(3, tool('u')),
        jsonDelta(3, '{}'),
        blockDelta(0, { type: 'signature_delta', signature: '' }),
        blockStop(0),
        blockStop(1),
        blockStop(2),
        blockStop(3),
      ),
    ).toEqual([
      '0 start reasoning',
      '0 text "hm"',
      '0 seal signature ',
      '0 end',
      '1 start text',
      '1 text "a"',
      '1 end',
      '2 start tool-call t',
      '2 input "{}"',
      '2 end',
      '3 start tool-call u',
      '3 input "{}"',
      '3 end',
    ])
  })

  it('lets text through at once although the block before it is not closed', () => {
    const events: Event[] = []
    const decoder = new MessagesStreamDecoder(answerContext(), (event) => events.push(event))
    decoder.feed(sse(MESSAGE_START, blockStart(0, TEXT), textDelta(0, 'a'), blockStart(1, TEXT), textDelta(1, 'b')))
    expect(lines(events).at(-1)).toBe('1 text "b"')
  })

  it('sorts deltas of interleaved calls into contiguous parts', () => {
    expect(
      partLines(
        blockStart(0, tool('a')),
        blockStart(1, tool('b')),
        jsonDelta(0, '{"x":'),
        jsonDelta(1, '{"y":'),
        jsonDelta(0, '1}'),
        jsonDelta(1, '2}'),
        blockStop(1),
        blockStop(0),
      ),
    ).toEqual([
      '0 start tool-call a',
      '0 input "{\\"x\\":"',
      '0 input "1}"',
      '0 end',
      '1 start tool-call b',
      '1 input "{\\"y\\":"',
      '1 input "2}"',
      '1 end',
    ])
  })

  it('goes on in a new part when text comes for a block that is closed or never began', () => {
    expect(partLines(textDelta(0, 'a'), blockStop(0), textDelta(0, 'b'), blockStop(0))).toEqual([
      '0 start text',
      '0 text "a"',
      '0 end',
      '1 start text',
      '1 text "b"',
      '1 end',
    ])
  })

  it('keeps blocks, deltas and events of kinds nobody typed', () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
    expect(
      partLines(
        { type: 'future_event', x: 1 },
        blockStart(0, search),
        jsonDelta(0, '{"q":1}'),
        blockStop(0),
        blockStart(1, TEXT),
        blockDelta(1, { type: 'citations_delta', citation: { a: 1 } }),
        blockDelta(1, { type: 'future_delta', x: 1 }),
        blockStop(1),
      ),
    ).toEqual([
      'opaque future_event',
      '0 start opaque',
      '0 opaque {"type":"input_json_delta","partial_json":"{\\"q\\":1}"}',
      '0 end',
      '1 start text',
      '1 citation {"a":1}',
      '1 opaque {"type":"future_delta","x":1}',
      '1 end',
    ])
  })

  it('keeps untyped fields of message, block and end', () => {
    const start = { ...MESSAGE_START, message: { ...MESSAGE_START.message, container: { id: 'c' } } }
    const end = { ...messageDelta('end_turn'), context_management: { applied_edits: [] } }
    const events = eventsOf([
      sse(start, blockStart(0, { ...tool('a'), caller: { type: 'direct' } }), blockStop(0), end, MESSAGE_STOP),
    ])
    expect(events[0]).toMatchObject({ ext: { fields: new Map([['container', '{"id":"c"}']]) } })
    expect(events[1]).toMatchObject({ part: { ext: { fields: new Map([['caller', '{"type":"direct"}']]) } } })
    expect(events.at(-1)).toMatchObject({
      ext: {
        fields: new Map([
          ['context_management', '{"applied_edits":[]}'],
          ['$message_delta', '["context_management"]'],
        ]),
      },
    })
  })

  it('gives tools their own names back and unwraps the output tool as text', () => {
    const context = { toolNames: new Map([['name_a', 'my.tool']]), outputTool: 'name_out' }
    const called = eventsOf([answer(blockStart(0, tool('a')), blockStop(0))], context)
    expect(called[1]).toMatchObject({ part: { kind: 'tool-call', name: 'my.tool' } })
    const output = sse(
      MESSAGE_START,
      blockStart(0, tool('out')),
      jsonDelta(0, '{"a":'),
      jsonDelta(0, '1}'),
      blockStop(0),
      messageDelta('tool_use'),
      MESSAGE_STOP,
    )
    expect(lines(eventsOf([output], context)).slice(1)).toEqual([
      '0 start text',
      '0 text "{\\"a\\":"',
      '0 text "1}"',
      '0 end',
      'usage',
      'finish stop',
    ])
  })

  it.each([
    ['tool_use', 'tool-call'],
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop-sequence'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context-window'],
    ['compaction', 'other'],
  ])('reads the stop reason %s', (raw, reason) => {
    const event = eventsOf([sse(MESSAGE_START, messageDelta(raw), MESSAGE_STOP)]).at(-1)
    expect(event).toMatchObject({ type: 'finish', finish: { reason, raw } })
  })

  it('reads stop_sequence and stop_details', () => {
    const end = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_sequence: 'END', stop_details: { type: 'refusal', category: 'bio' } },
      usage: {},
    }
    expect(eventsOf([sse(MESSAGE_START, end, MESSAGE_STOP)]).at(-1)).toMatchObject({
      finish: { stopSequence: 'END', details: '{"type":"refusal","category":"bio"}' },
    })
  })

  it('drops a repeated message_start and refuses another message in the stream', () => {
    expect(lines(eventsOf([sse(MESSAGE_START, MESSAGE_START, messageDelta('end_turn'), MESSAGE_STOP)]))).toEqual([
      'start',
      'usage',
      'finish stop',
    ])
    const other = { ...MESSAGE_START, message: { ...MESSAGE_START.message, id: 'msg_other' } }
    expect(lines(eventsOf([sse(MESSAGE_START, other)]))).toEqual(['start', 'error upstream_invalid_response'])
  })

  it('finishes without message_stop once a stop reason came, and never without (case 10)', () => {
    expect(lines(eventsOf([sse(MESSAGE_START, messageDelta('end_turn'))])).at(-1)).toBe('finish stop')
    expect(lines(eventsOf([sse(MESSAGE_START, blockStart(0, TEXT), textDelta(0, 'a'))])).at(-1)).toBe(
      'error upstream_truncated',
    )
    expect(lines(eventsOf([]))).toEqual(['error upstream_truncated'])
  })

  it('says why a stream failed, and nothing behind it (case 11)', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const events = eventsOf([sse(MESSAGE_START, error, messageDelta('end_turn'), MESSAGE_STOP)])
    expect(lines(events)).toEqual(['start', 'error upstream_overloaded'])
  })

  it('knows an error by its member where the event has no name (case 11)', () => {
    const error = Buffer.from('data: {"error":{"type":"overloaded_error","message":"Overloaded"}}\n\n')
    const events = eventsOf([sse(MESSAGE_START), error, sse(messageDelta('end_turn'), MESSAGE_STOP)])
    expect(lines(events)).toEqual(['start', 'error upstream_overloaded'])
  })

  it.each([
    ['cut JSON', 'event: message_start\ndata: {"type":\n\n'],
    ['message_start without a message', 'data: {"type":"message_start"}\n\n'],
    ['a start without a block', 'data: {"type":"content_block_start","index":0}\n\n'],
    [
      'tool input without a tool',
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}\n\n',
    ],
    ['a block without an index', 'data: {"type":"content_block_start","content_block":{"type":"text","text":""}}\n\n'],
    ['a text block without text', 'data: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}\n\n'],
    ['an endless event', `data: "${'x'.repeat(2 * 1024 * 1024)}`],
  ])('ends with an error at %s', (_what, bytes) => {
    const event = eventsOf([Buffer.from(bytes)]).at(-1)
    expect(event).toMatchObject({ type: 'error', error: { blame: 'upstream' } })
  })

  it('reads streams without event lines, with comments and with [DONE]', () => {
    const data = (event: object): string => `data:${JSON.stringify(event)}\r\n\r\n`
    const bytes = `: hi\r\n\r\n${data(MESSAGE_START)}${data(messageDelta('end_turn'))}${data(MESSAGE_STOP)}data: [DONE]\r\n\r\n`
    expect(lines(eventsOf([Buffer.from(bytes)]))).toEqual(['start', 'usage', 'finish stop'])
  })

  it('joins surrogate pairs that were cut (case 21)', () => {
    const cut = (json: string): string =>
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${json}}}\n\n`
    const bytes = Buffer.concat([
      sse(MESSAGE_START, blockStart(0, TEXT)),
      Buffer.from(cut('"a\\ud83d"') + cut('"\\ude00"') + cut('"\\ud83d"')),
      sse(blockStop(0), messageDelta('end_turn'), MESSAGE_STOP),
    ])
    expect(lines(eventsOf([bytes])).slice(2, -3)).toEqual(['0 text "a"', '0 text "😀"', '0 text "\ufffd"'])
  })
})

function streamOf(list: readonly AnsweredBlock[]): Buffer {
  return answer(
    ...list.flatMap(({ start, deltas }, index) => [
      blockStart(index, start),
      ...deltas.map((delta) => blockDelta(index, delta)),
      blockStop(index),
    ]),
  )
}

describe('MessagesStreamDecoder laws', () => {
  it('folds to what the whole answer decodes to (case 120, property)', () => {
    fc.assert(
      fc.property(answeredBlocks, (list) => {
        const folded = foldEvents(eventsOf([streamOf(list)]), mergeOpaque)
        const body = { ...MESSAGE_START.message, content: list.map(({ whole }) => whole), stop_reason: 'end_turn' }
        const whole = decodeResponse(
          JSON.stringify({ ...body, usage: { ...body.usage, output_tokens: 20 } }),
          answerContext(),
        )
        // JSON text of strings may be spelled in more than one way.
        const normal = (value: unknown): unknown =>
          JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'raw' || key === 'ext' ? undefined : item)))
        const respelled = (parts: typeof whole.parts): unknown =>
          parts.map((part) =>
            'text' in part ? { ...part, text: stringToJson(JSON.parse(part.text) as string) } : part,
          )
        expect(normal({ ...folded, parts: respelled(folded.parts) })).toEqual(
          normal({ ...whole, parts: respelled(whole.parts) }),
        )
        const opaque = (parts: typeof whole.parts): unknown => parts.filter(({ kind }) => kind === 'opaque')
        expect(opaque(folded.parts)).toEqual(opaque(whole.parts))
        expect(folded.parts.map((part) => ('ext' in part ? part.ext : null))).toEqual(
          whole.parts.map((part) => ('ext' in part ? part.ext : null)),
        )
      }),
    )
  })

  it('gives the same events however the bytes are cut (case 122, property)', () => {
    fc.assert(
      fc.property(answeredBlocks, fc.array(fc.nat(), { maxLength: 20 }), (list, offsets) => {
        const bytes = streamOf(list)
        const cuts = [...new Set(offsets.map((offset) => offset % bytes.length))].sort((a, b) => a - b)
        const chunks = [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length))
        expect(eventsOf(chunks)).toEqual(eventsOf([bytes]))
      }),
    )
  })

  it('keeps its promises whatever order blocks come in (property)', () => {
    const wire = fc.oneof(
      fc.nat(3).map((index) => blockStart(index, TEXT)),
      fc.nat(3).map((index) => blockStart(index, tool(String(index)))),
      fc.nat(3).map((index) => blockStart(index, { type: 'thinking', thinking: '' })),
      fc.nat(3).map((index) => textDelta(index, 'x')),
      fc.nat(3).map((index) => jsonDelta(index, '{}')),
      fc.nat(3).map((index) => blockStop(index)),
    )
    fc.assert(
      fc.property(fc.array(wire, { maxLength: 15 }), (list) => {
        let open: number | null = null
        let parts = 0
        let ended = false
        for (const event of eventsOf([answer(...list)])) {
          expect(ended).toBe(false)
          if (event.type === 'part-start') {
            expect([open, event.index]).toEqual([null, parts++])
            open = event.index
          } else if ('index' in event) {
            expect(event.index).toBe(open)
            if (event.type === 'part-end') open = null
          }
          if (event.type === 'finish') expect(open).toBeNull()
          ended = event.type === 'finish' || event.type === 'error'
        }
        expect(ended).toBe(true)
      }),
    )
  })
})

type WireEvent = Parameters<typeof sse>[number]

/** What vendors put into streams, in any order. */
const anyIndex = fc.nat(1)
const anyBlock = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b').map((id): Record<string, unknown> => tool(id)) },
  fc.constantFrom<Record<string, unknown>>(
    TEXT,
    { type: 'text', text: 'begun' },
    { type: 'thinking', thinking: '' },
    { type: 'new_block', text: '' },
  ),
)
const anyText = fc.string({ unit: 'binary', maxLength: 6 })
const anyWireDelta = fc.oneof(
  { weight: 6, arbitrary: anyText.map((text) => ({ type: 'text_delta', text })) },
  { weight: 4, arbitrary: anyText.map((thinking) => ({ type: 'thinking_delta', thinking })) },
  {
    weight: 8,
    arbitrary: fc.constantFrom('{"a":', '1', '}', '').map((json) => ({ type: 'input_json_delta', partial_json: json })),
  },
  fc.constantFrom<Record<string, unknown>>(
    { type: 'signature_delta', signature: 's' },
    { type: 'citations_delta', citation: { type: 'c' } },
    { type: 'other_delta', text: 'x' },
    { type: 'text_delta', text: 'y', more: true },
  ),
)
const anyWireEvent: fc.Arbitrary<WireEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(anyIndex, anyBlock).map(([index, block]) => blockStart(index, block)) },
  { weight: 16, arbitrary: fc.tuple(anyIndex, anyWireDelta).map(([index, delta]) => blockDelta(index, delta)) },
  { weight: 2, arbitrary: anyIndex.map((index) => blockStop(index)) },
  fc.constantFrom<WireEvent>(
    MESSAGE_START,
    MESSAGE_STOP,
    messageDelta('end_turn'),
    { type: 'ping' },
    { type: 'error', error: { type: 'api_error', message: 'later' } },
    { type: 'new_event' },
  ),
)

describe('MessagesStreamDecoder on events that it knows again', () => {
  it('reads them as it would one by one', () => {
    fc.assert(
      fc.property(fc.array(anyWireEvent, { maxLength: 24 }), (wire) => {
        const all = [MESSAGE_START, ...wire]
        // No two of these look alike, and nothing is to be learned from what makes them differ.
        const differing = all.map((event, n) => (event.type === 'content_block_delta' ? { ...event, n } : event))
        const expected = eventsOf(differing.map((event) => sse(event)))
        expect(eventsOf([sse(...all)])).toEqual(expected)
        expect(eventsOf(all.map((event) => sse(event)))).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })
})
