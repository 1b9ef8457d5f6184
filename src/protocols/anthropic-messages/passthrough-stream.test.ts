import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PassthroughContext } from '../protocol.ts'
import { MessagesPassthrough } from './passthrough-stream.ts'
import { blockDelta, blockStart, blockStop, MESSAGE_START, MESSAGE_STOP, messageDelta, sse } from './test-support.ts'

const CONTEXT: PassthroughContext = {
  requestedModel: MESSAGE_START.message.model,
  includeUsage: true,
  maxEventBytes: 1024 * 1024,
}
const BLOCK = [
  blockStart(0, { type: 'text', text: '' }),
  blockDelta(0, { type: 'text_delta', text: 'hé😀' }),
  blockStop(0),
]

function passed(chunks: readonly Buffer[], context: PassthroughContext = CONTEXT) {
  const stream = new MessagesPassthrough(context)
  const out = chunks.map((chunk) => stream.feed(chunk).toString())
  const end = stream.end().toString()
  return { out, end, text: [...out, end].join(''), stream }
}

function answer(...events: { type: string; [member: string]: unknown }[]): Buffer {
  return sse(MESSAGE_START, ...events, messageDelta('end_turn'), MESSAGE_STOP)
}

describe('MessagesPassthrough', () => {
  it('gives the bytes as they came, and reads usage and finish (case 124)', () => {
    const bytes = Buffer.concat([Buffer.from(': hi\n\n\n'), answer({ type: 'ping' }, ...BLOCK, { type: 'future' })])
    const { text, stream } = passed([bytes])
    expect(text).toBe(bytes.toString())
    expect(stream.outcome).toMatchObject({ status: 'complete', finish: { reason: 'stop', raw: 'end_turn' } })
    expect(stream.usage).toMatchObject({ input: { total: 55, cacheRead: 40 }, output: { total: 20 } })
  })

  it('gives the very memory of the chunk where nothing changes', () => {
    const bytes = answer(...BLOCK)
    const out = new MessagesPassthrough(CONTEXT).feed(bytes)
    expect(out.buffer).toBe(bytes.buffer)
    expect(out.byteOffset).toBe(bytes.byteOffset)
  })

  it('holds back only the unfinished event', () => {
    const bytes = answer(...BLOCK)
    const cut = bytes.indexOf('content_block_stop') + 5
    const { out } = passed([bytes.subarray(0, cut), bytes.subarray(cut)])
    expect(out[0]?.endsWith('\n\n')).toBe(true)
    expect(out.join('')).toBe(bytes.toString())
  })

  describe('says when there is something to read:', () => {
    const begun = sse(MESSAGE_START, { type: 'ping' })
    const after = (...events: { type: string; [member: string]: unknown }[]): boolean => {
      const { stream } = passed([begun, sse(...events)])
      return stream.hasContent
    }
    const delta = (fields: { type: string; [member: string]: unknown }): boolean =>
      after(blockStart(0, { type: 'text', text: '' }), blockDelta(0, fields))

    it.each([
      ['text', { type: 'text_delta', text: 'a' }],
      ['thinking', { type: 'thinking_delta', thinking: 'a' }],
      ['arguments', { type: 'input_json_delta', partial_json: '{' }],
    ])('%s', (_name, fields) => expect(delta(fields)).toBe(true))

    it.each([
      ['no text', { type: 'text_delta', text: '' }],
      ['thinking that is not shown', { type: 'thinking_delta', thinking: '', estimated_tokens: 7 }],
      ['a signature', { type: 'signature_delta', signature: 'abc' }],
      ['a citation', { type: 'citations_delta', citation: { type: 'char_location', cited_text: 'a' } }],
    ])('not for %s', (_name, fields) => expect(delta(fields)).toBe(false))

    it('the name of a tool, and a block that nobody typed', () => {
      expect(after(blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }))).toBe(true)
      expect(after(blockStart(0, { type: 'future', value: 1 }))).toBe(true)
    })

    it('not for a head, what opens or closes a block, or thinking that only the vendor can read', () => {
      expect(after(blockStart(0, { type: 'thinking', thinking: '' }), blockStop(0))).toBe(false)
      expect(after(blockStart(0, { type: 'redacted_thinking', data: 'abc' }), blockStop(0))).toBe(false)
      expect(after({ type: 'future', text: 'a' }, messageDelta('end_turn'), MESSAGE_STOP)).toBe(false)
    })

    it('behind many events like it that brought nothing', () => {
      const stream = new MessagesPassthrough(CONTEXT)
      const nothing = blockDelta(0, { type: 'text_delta', text: '' })
      stream.feed(sse(MESSAGE_START, blockStart(0, { type: 'text', text: '' }), nothing, nothing, nothing))
      expect(stream.hasContent).toBe(false)
      stream.feed(sse(blockDelta(0, { type: 'text_delta', text: 'a' })))
      expect(stream.hasContent).toBe(true)
    })
  })

  it('writes the model asked for, and only where it differs (case 31)', () => {
    const { text } = passed([answer()], { ...CONTEXT, requestedModel: 'my "alias"' })
    const start = text.split('\n')[1] ?? ''
    expect(JSON.parse(start.replace('data: ', ''))).toEqual({
      ...MESSAGE_START,
      message: { ...MESSAGE_START.message, model: 'my "alias"' },
    })
    expect(text.slice(text.indexOf('\n\n'))).toBe(answer().toString().slice(answer().toString().indexOf('\n\n')))
  })

  it('does not pass an error event on, but says what it was (case 11)', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }
    const { text, stream } = passed([sse(MESSAGE_START, ...BLOCK, error, messageDelta('end_turn'))])
    expect(text).toBe(sse(MESSAGE_START, ...BLOCK).toString())
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream_overloaded', message: 'Busy' } })
    const unnamed = Buffer.from(`data: ${JSON.stringify({ error: error.error })}\n\n`)
    const again = passed([sse(MESSAGE_START, ...BLOCK), unnamed, sse(messageDelta('end_turn'))])
    expect([again.text, again.stream.outcome]).toEqual([text, stream.outcome])
  })

  it('adds the last event where only that is missing', () => {
    const bytes = sse(MESSAGE_START, messageDelta('max_tokens'))
    const { end, stream } = passed([bytes])
    expect(end).toBe('event: message_stop\ndata: {"type":"message_stop"}\n\n')
    expect(stream.outcome).toMatchObject({ status: 'complete', finish: { reason: 'length' } })
  })

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['a preamble', sse(MESSAGE_START)],
    ['half an answer', sse(MESSAGE_START, ...BLOCK, messageDelta(null))],
  ])('takes %s for truncated (case 10)', (_what, bytes) => {
    const { end, stream } = passed([bytes])
    expect(end).toBe('')
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream_truncated' } })
  })

  it('takes message_stop for the end, whatever follows', () => {
    const { text, stream } = passed([answer(), answer(...BLOCK), Buffer.from('data: [DONE]\n\n')])
    expect(text).toBe(answer().toString())
    expect(stream.outcome?.status).toBe('complete')
  })

  it('drops a repeated message_start and refuses another one', () => {
    expect(passed([sse(MESSAGE_START, MESSAGE_START, messageDelta('end_turn'), MESSAGE_STOP)]).text).toBe(
      answer().toString(),
    )
    const other = { ...MESSAGE_START, message: { ...MESSAGE_START.message, id: 'msg_other' } }
    expect(passed([sse(MESSAGE_START, ...BLOCK, other)]).stream.outcome).toMatchObject({
      error: { code: 'upstream_invalid_response' },
    })
  })

  it.each([
    ['cut JSON', 'event: message_delta\ndata: {"type":\n\n', 'upstream_invalid_response'],
    ['cut JSON in a ping', 'event: ping\ndata: {"type":\n\n', 'upstream_invalid_response'],
    ['a list', 'event: content_block_delta\ndata: []\n\n', 'upstream_invalid_response'],
    ['no JSON on two lines', 'event: content_block_delta\ndata: {"a":\ndata: }\n\n', 'upstream_invalid_response'],
    [
      'a message_start without a message',
      'event: message_start\ndata: {"type":"message_start"}\n\n',
      'upstream_invalid_response',
    ],
    ['an endless event', `data: ${'x'.repeat(2 * 1024 * 1024)}`, 'upstream_too_large'],
  ])('fails at %s', (_what, bytes, code) => {
    const { text, stream } = passed([Buffer.from(bytes)])
    expect(text).toBe('')
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code } })
  })

  it('passes nothing of a content event whose JSON is broken, nor what follows it', () => {
    const broken = Buffer.from('event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta"}\n\n')
    const { text, stream } = passed([Buffer.concat([sse(MESSAGE_START, ...BLOCK), broken, answer(...BLOCK)])])
    expect(text).toBe(sse(MESSAGE_START, ...BLOCK).toString())
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream_invalid_response' } })
  })

  it('passes content events of another form: on several lines, with an id, without data', () => {
    const odd =
      'event: content_block_delta\ndata: {"a":\ndata: 1}\n\n' +
      'event: content_block_delta\nid: 7\ndata: {"a":1}\n\n' +
      'event: content_block_delta\n\n' +
      'event: content_block_delta\r\ndata:{"a":1}\r\n\r\n'
    const bytes = Buffer.concat([sse(MESSAGE_START), Buffer.from(odd), sse(messageDelta('end_turn'), MESSAGE_STOP)])
    expect(passed([bytes]).text).toBe(bytes.toString())
  })

  it.each([
    [
      'below its event line',
      'event: message_start\r\ndata:{"message" : {"model" :"real\\u0020one","id":"a"},"z":1.0}\r\n\r\n',
      '"real\\u0020one"',
    ],
    [
      'without a name, which it gets',
      'data: {"type":"message_start","message":{"id":"a","model":"real"}}\n\n',
      '"real"',
    ],
    ['null', 'event: message_start\ndata: {"message":{"id":"a","x":{"model":"no"},"model":null}}\n\n', 'null'],
  ])('writes the model asked for into the bytes as they are: %s', (_how, start, name) => {
    const rest = sse(messageDelta('end_turn'), MESSAGE_STOP)
    const { text } = passed([Buffer.concat([Buffer.from(start), rest])], { ...CONTEXT, requestedModel: 'aliäs/1' })
    const named = start.startsWith('data') ? `event: message_start\n${start}` : start
    expect(text).toBe(named.replace(name, '"aliäs/1"') + rest.toString())
  })

  it('leaves the model where it says the same, however it is spelled', () => {
    const start = Buffer.from('event: message_start\ndata: {"message":{"id":"a","model":"\\u006d"}}\n\n')
    const bytes = Buffer.concat([start, sse(messageDelta('end_turn'), MESSAGE_STOP)])
    expect(passed([bytes], { ...CONTEXT, requestedModel: 'm' }).text).toBe(bytes.toString())
  })

  it('names events that a host left without a name', () => {
    const nameless = answer(...BLOCK)
      .toString()
      .replaceAll(/^event: .*\n/gm, '')
    expect(passed([Buffer.from(nameless)]).text).toBe(answer(...BLOCK).toString())
  })

  it('leaves out [DONE], and completes an event that lacks its blank line', () => {
    const bytes = Buffer.from(
      `${sse(MESSAGE_START).toString()}data: [DONE]\n\n${sse(messageDelta('end_turn'), MESSAGE_STOP).toString().slice(0, -1)}`,
    )
    const { text, stream } = passed([bytes])
    expect(text).toBe(answer().toString())
    expect(stream.outcome?.status).toBe('complete')
  })

  it('gives the same however the bytes are cut (case 122, property)', () => {
    const event = fc.constantFrom(...BLOCK, { type: 'ping' }, { type: 'future', x: 'é' }, messageDelta(null))
    const model = fc.constantFrom(CONTEXT.requestedModel, 'alias')
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 6 }),
        model,
        fc.array(fc.nat(), { maxLength: 12 }),
        (events, requestedModel, offsets) => {
          const bytes = answer(...events)
          const cuts = [...new Set(offsets.map((offset) => offset % bytes.length))].sort((a, b) => a - b)
          const chunks = [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length))
          const whole = passed([bytes], { ...CONTEXT, requestedModel })
          const pieces = passed(chunks, { ...CONTEXT, requestedModel })
          expect(pieces.text).toBe(whole.text)
          expect(pieces.stream.usage).toEqual(whole.stream.usage)
          for (const out of pieces.out) expect(out === '' || out.endsWith('\n\n')).toBe(true)
        },
      ),
    )
  })
})
