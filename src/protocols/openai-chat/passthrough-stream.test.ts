import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PassthroughContext, ReplyStream } from '../protocol.ts'
import { ChatPassthrough } from './passthrough-stream.ts'
import { chunk, sse } from './test-support.ts'

const CONTEXT: PassthroughContext = {
  requestedModel: 'gpt-5.5-2026',
  includeUsage: true,
  maxEventBytes: 1024 * 1024,
}
const RENAMED = { ...CONTEXT, requestedModel: 'asked' }
const STOP = chunk({}, 'stop')
const USAGE = chunk({}, null, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })

interface Passed {
  readonly text: string
  readonly stream: ReplyStream
}

function pass(bytes: string | Buffer, context: PassthroughContext = CONTEXT, cuts: readonly number[] = []): Passed {
  const stream = new ChatPassthrough(context)
  const source = Buffer.from(bytes)
  const out: Buffer[] = []
  const at = [0, ...cuts, source.length]
  // A copy for each chunk: a view that outlives its chunk would show.
  for (const [index, start] of at.slice(0, -1).entries()) {
    const piece = Buffer.from(source.subarray(start, at[index + 1]))
    out.push(Buffer.from(stream.feed(piece)))
    piece.fill(0)
  }
  out.push(stream.end())
  return { text: Buffer.concat(out).toString(), stream }
}

const ODD =
  ': OPENROUTER PROCESSING\n\n' +
  'data:{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\r\n\r\n' +
  sse(chunk({ content: 'a \u{1f600} "usage":1 \\' }), chunk({ content: 'b' }, null, { usage: null })) +
  'event: x\ndata: {"choices":[],\ndata: "future":1}\n\n' +
  sse(STOP, USAGE, '[DONE]')

describe('ChatPassthrough', () => {
  it('passes bytes as they are, whatever is in them (124)', () => {
    const { text, stream } = pass(ODD)
    expect(text).toBe(ODD)
    expect(stream.outcome).toMatchObject({ status: 'complete', finish: { reason: 'stop', raw: 'stop' } })
    expect(stream.usage).toMatchObject({ input: { total: 3 }, output: { total: 4 } })
  })

  it('passes the same however the bytes are cut (122)', () => {
    const whole = pass(ODD, RENAMED).text
    const size = Buffer.byteLength(ODD)
    fc.assert(
      fc.property(fc.array(fc.nat(size)), (cuts) => {
        expect(
          pass(
            ODD,
            RENAMED,
            cuts.sort((a, b) => a - b),
          ).text,
        ).toBe(whole)
      }),
    )
  })

  it('never passes half an event', () => {
    const stream = new ChatPassthrough(CONTEXT)
    const bytes = Buffer.from(ODD)
    for (const [at] of bytes.entries()) {
      const out = stream.feed(bytes.subarray(at, at + 1)).toString()
      if (out !== '') expect(out).toMatch(/\r?\n\r?\n$/)
    }
  })

  it("says the client's name of the model in every chunk, and touches nothing else (31)", () => {
    const body =
      'data: {"id":"1","x":{"model":"real"},"model" : "real-2026","choices":[{"delta":{"content":"\\"model\\":\\"real\\""}}]}\n\n'
    expect(pass(body + sse(STOP, '[DONE]'), RENAMED).text).toBe(
      body.replace('"model" : "real-2026"', '"model" : "asked"') +
        sse(STOP, '[DONE]').replaceAll('gpt-5.5-2026', 'asked'),
    )
    expect(pass(body, { ...CONTEXT, requestedModel: 'real-2026' }).text).toBe(body)
  })

  it('says it where the vendor has none, names it otherwise, or writes on several lines', () => {
    const chunks = 'data: {"model":null,"choices":[]}\r\n\r\nevent: x\ndata: {"model":"r\\u00e9al", "choices":[]}\n\n'
    expect(pass(chunks, RENAMED).text).toBe(chunks.replace('null', '"asked"').replace('"r\\u00e9al"', '"asked"'))
    expect(pass(chunks.replace('null', '"réal"'), { ...CONTEXT, requestedModel: 'réal' }).text).toBe(
      chunks.replace('null', '"réal"'),
    )
    expect(pass('event: x\ndata: {"model":\ndata: "real","choices":[]}\n\n', RENAMED).text).toBe(
      'event: x\ndata: {"model": "asked","choices":[]}\n\n',
    )
  })

  it('hides the usage that the client did not ask for (77)', () => {
    const context = { ...CONTEXT, includeUsage: false }
    const { text, stream } = pass(sse(chunk({ content: 'a' }), STOP, USAGE, '[DONE]'), context)
    expect(text).toBe(sse(chunk({ content: 'a' }), STOP, '[DONE]'))
    expect(stream.usage).toMatchObject({ input: { total: 3 } })
  })

  it('shows usage that stands beside content', () => {
    const last = chunk({ content: 'a' }, 'stop', { usage: { prompt_tokens: 1, completion_tokens: 1 } })
    expect(pass(sse(last, '[DONE]'), { ...CONTEXT, includeUsage: false }).text).toBe(sse(last, '[DONE]'))
  })

  describe('says when there is something to read:', () => {
    const after = (...deltas: Parameters<typeof chunk>[0][]): boolean => {
      const head = [{ choices: [], prompt_filter_results: [] }, chunk({ role: 'assistant', content: '' })]
      return pass(sse(...head, ...deltas.map((delta) => chunk(delta)), STOP, USAGE)).stream.hasContent
    }
    const called = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }

    it.each([
      ['text', { content: 'a' }],
      ['a refusal', { refusal: 'No.' }],
      ['reasoning', { reasoning_content: 'a' }],
      ['reasoning in details', { reasoning_details: [{ type: 'reasoning.text', text: 'a', index: 0 }] }],
      ['the name of a tool', { tool_calls: [called] }],
    ])('%s', (_name, delta) => expect(after(delta)).toBe(true))

    it.each([
      ['a head', {}],
      ['no text', { content: '', reasoning_content: null, tool_calls: [] }],
      [
        'reasoning that only its vendor can read',
        { reasoning_details: [{ type: 'reasoning.encrypted', data: 'abc' }] },
      ],
      ['annotations', { annotations: [{ type: 'url_citation', url_citation: { url: 'https://a' } }] }],
    ])('not for %s', (_name, delta) => expect(after(delta)).toBe(false))
  })

  it('passes nothing behind [DONE]', () => {
    const { text, stream } = pass(sse(chunk({ content: 'a' }), STOP, '[DONE]', chunk({ content: 'x' })))
    expect(text).toBe(sse(chunk({ content: 'a' }), STOP, '[DONE]'))
    expect(stream.feed(Buffer.from(sse(STOP))).length).toBe(0)
  })

  it('adds the [DONE] that some servers leave out', () => {
    const { text, stream } = pass(sse(chunk({ content: 'a' }), STOP))
    expect(text).toBe(sse(chunk({ content: 'a' }), STOP, '[DONE]'))
    expect(stream.outcome?.status).toBe('complete')
  })

  it.each([
    ['the end without a finish reason (10)', sse(chunk({ content: 'a' })), 'upstream_truncated'],
    ['an error (11)', sse(chunk({ content: 'a' }), { error: { message: 'm', code: 429 } }), 'upstream_rate_limited'],
    ['event: error', `${sse(chunk({ content: 'a' }))}event: error\ndata: {"message":"m"}\n\n`, 'upstream_failed'],
    ['finish reason error', sse(chunk({ content: 'a' }), chunk({}, 'error')), 'upstream_failed'],
    [
      'an error in the choice',
      sse(chunk({ content: 'a' }), { choices: [{ error: { code: 503, message: 'm' } }] }),
      'upstream_overloaded',
    ],
    ['what is no object', sse(chunk({ content: 'a' }), 'nonsense'), 'upstream_invalid_response'],
    ['half an object', sse(chunk({ content: 'a' }), '{"id":'), 'upstream_invalid_response'],
    [
      'broken JSON in a chunk that tells nothing',
      `${sse(chunk({ content: 'a' }))}data: {"choices":[{"delta":{"content":"b"]}}\n\n${sse(STOP, '[DONE]')}`,
      'upstream_invalid_response',
    ],
    ['broken JSON in a chunk that is read', sse(chunk({ content: 'a' }), '{"usage":{,}}'), 'upstream_invalid_response'],
  ])('fails on %s, and passes only what came before', (_name, bytes, code) => {
    const { text, stream } = pass(bytes)
    expect(text).toBe(sse(chunk({ content: 'a' })))
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code } })
  })

  it('fails on an end without a beginning', () => {
    const { text, stream } = pass(sse('[DONE]'))
    expect(text).toBe('')
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream_truncated' } })
  })

  it('fails on an event that is too large', () => {
    const { stream } = pass(sse(chunk({ content: 'a'.repeat(500) })), { ...CONTEXT, maxEventBytes: 100 })
    expect(stream.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream_too_large' } })
  })
})
