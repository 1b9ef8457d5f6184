import { describe, expect, it } from 'vitest'
import { messagesForms } from './both-forms.ts'
import { args, call, chatStream, completion, delta, finish, wholeCall, DONE, OPENING } from './chat-vendor.ts'
import { CHAT, CHAT_HOST, DELIVERIES, answering, startBench } from './harness.ts'
import type { Delivery, Json, VendorAnswer } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

const TOOLS = {
  tools: ['first', 'second'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } })),
}

/** What a Messages client gets from a Chat vendor that streams these deltas. */
async function streamed(
  events: readonly string[],
  delivery: Delivery,
): Promise<{ content: readonly Json[]; message: Json }> {
  const bench = await startBench(CHAT_HOST, answering({ stream: events }, delivery))
  const read = readMessagesStream((await bench.messages({ ...TOOLS, stream: true })).events)
  expect(read.error).toBeNull()
  return read
}

async function bothForms(answer: VendorAnswer, delivery: Delivery) {
  return messagesForms(await startBench(CHAT, answering(answer, delivery)), TOOLS)
}

const toolUse = (id: string, name: string, input: Json): Json => ({ type: 'tool_use', id, name, input })

describe.each(DELIVERIES)('tool calls of a Chat vendor, %s', (delivery) => {
  it('1 interleaved-tools: fragments of two calls that alternate become two blocks, one after the other', async () => {
    const events = [
      call(0, 'call_a', 'first'),
      call(1, 'call_b', 'second'),
      args(0, '{"x"'),
      args(1, '{"y"'),
      args(0, ':1}'),
      args(1, ':2}'),
    ]
    const whole = completion(
      { tool_calls: [wholeCall('call_a', 'first', '{"x":1}'), wholeCall('call_b', 'second', '{"y":2}')] },
      'tool_calls',
    )
    const { content, message } = await bothForms({ stream: chatStream(events, 'tool_calls'), whole }, delivery)
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 }), toolUse('call_b', 'second', { y: 2 })])
    expect(message['stop_reason']).toBe('tool_use')
  })

  it('1 interleaved-tools: text that comes between two calls is not lost', async () => {
    const events = [call(0, 'call_a', 'first', '{"x":1}'), delta({ content: 'and' }), call(1, 'call_b', 'second', '{}')]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([
      toolUse('call_a', 'first', { x: 1 }),
      { type: 'text', text: 'and' },
      toolUse('call_b', 'second', {}),
    ])
  })

  it.each([
    ['all are said to be the first', 0, 0],
    ['begin at one and leave gaps', 1, 4],
  ])('1 interleaved-tools: calls that %s are two calls', async (_, first, second) => {
    const events = [call(first, 'call_a', 'first', '{"x":1}'), call(second, 'call_b', 'second', '{"y":2}')]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 }), toolUse('call_b', 'second', { y: 2 })])
  })

  it('7 tool-with-finish-stop: a call that ends in "stop" is a tool_use all the same', async () => {
    const { message, content } = await bothForms(
      {
        stream: chatStream([call(0, 'call_a', 'first', '{"x":1}')], 'stop'),
        whole: completion({ tool_calls: [wholeCall('call_a', 'first', '{"x":1}')] }, 'stop'),
      },
      delivery,
    )
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 })])
    expect(message['stop_reason']).toBe('tool_use')
  })

  it('13 late-tool-name: arguments that come before the name are all there', async () => {
    const events = [
      delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { arguments: '{"x"' } }] }),
      args(0, ':'),
      delta({ tool_calls: [{ index: 0, function: { name: 'first', arguments: '1' } }] }),
      args(0, '}'),
    ]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 })])
  })

  it('14 tool-id-late-or-absent: an id that is null at first is taken when it comes', async () => {
    const events = [
      delta({ tool_calls: [{ index: 0, id: null, type: 'function', function: { arguments: '' } }] }),
      delta({ tool_calls: [{ index: 0, id: 'call_late', function: { name: 'first', arguments: '{"x":1}' } }] }),
    ]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([toolUse('call_late', 'first', { x: 1 })])
  })

  it('14 tool-id-late-or-absent: an id that never comes is made up, the same in both forms', async () => {
    const fragment = (name: string) => ({ type: 'function', function: { name, arguments: '{}' } })
    const { content } = await bothForms(
      {
        stream: chatStream(
          [
            delta({ tool_calls: [{ index: 0, ...fragment('first') }] }),
            delta({ tool_calls: [{ index: 1, ...fragment('first') }] }),
          ],
          'tool_calls',
        ),
        whole: completion({ tool_calls: [fragment('first'), fragment('first')] }, 'tool_calls'),
      },
      delivery,
    )
    const ids = content.map(({ id }) => String(id))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{8,64}$/)
  })

  it('14 tool-id-late-or-absent: one id for two calls becomes two', async () => {
    const events = [call(0, 'call_0', 'first', '{"x":1}'), call(1, 'call_0', 'first', '{"x":2}')]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toMatchObject([{ id: 'call_0', input: { x: 1 } }, { input: { x: 2 } }])
    expect(content[1]?.['id']).not.toBe('call_0')
  })

  it('15 repeated-name-empty: an empty name and the id once more in later fragments change nothing', async () => {
    const events = [
      call(0, 'call_a', 'first'),
      delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: '', arguments: '{"x"' } }] }),
      delta({ tool_calls: [{ index: 0, id: '', type: 'function', function: { name: 'first', arguments: ':1}' } }] }),
    ]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 })])
  })

  it('16 args-as-object: arguments that are an object are taken as the object', async () => {
    const asObject = { id: 'call_a', type: 'function', function: { name: 'first', arguments: { x: 1, deep: ['ü'] } } }
    const { content } = await bothForms(
      {
        stream: chatStream([delta({ tool_calls: [{ index: 0, ...asObject }] })], 'tool_calls'),
        whole: completion({ tool_calls: [asObject] }, 'tool_calls'),
      },
      delivery,
    )
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1, deep: ['ü'] })])
  })

  it('17 args-double-sent: the whole arguments once more in the last fragment are not added', async () => {
    const events = [call(0, 'call_a', 'first'), args(0, '{"x":'), args(0, '1}'), call(0, 'call_a', 'first', '{"x":1}')]
    const { content } = await streamed(chatStream(events, 'tool_calls'), delivery)
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 })])
  })

  it('18 invalid-args-json: a stream delivers the arguments as they came', async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: [OPENING, call(0, 'call_a', 'first', '{"a":'), finish('length'), DONE] }, delivery),
    )
    const { events } = await bench.messages({ ...TOOLS, stream: true })
    const pieces = events
      .filter(({ data }) => data.includes('input_json_delta'))
      .map(({ data }) => JSON.parse(data) as Json)
    expect(pieces.map((piece) => (piece['delta'] as Json)['partial_json']).join('')).toBe('{"a":')
    expect(events.at(-2)?.data).toContain('"stop_reason":"max_tokens"')
    expect(events.at(-1)?.event).toBe('message_stop')
  })

  it('19 no-args-tool: a call without arguments has an empty input', async () => {
    const bare = { id: 'call_a', type: 'function', function: { name: 'first' } }
    const { content } = await bothForms(
      {
        stream: chatStream([delta({ tool_calls: [{ index: 0, ...bare }] })], 'tool_calls'),
        whole: completion({ tool_calls: [bare] }, 'tool_calls'),
      },
      delivery,
    )
    expect(content).toEqual([toolUse('call_a', 'first', {})])
  })

  it('19 no-args-tool: nor has one whose arguments are null', async () => {
    const { content } = await bothForms(
      {
        stream: chatStream([call(0, 'call_a', 'first'), args(0, 'null')], 'tool_calls'),
        whole: completion({ tool_calls: [wholeCall('call_a', 'first', 'null')] }, 'tool_calls'),
      },
      delivery,
    )
    expect(content).toEqual([toolUse('call_a', 'first', {})])
  })

  it('28 parallel-tools-nonstream: two calls without content are two blocks, and no empty text', async () => {
    const calls = [wholeCall('call_a', 'first', '{"x":1}'), wholeCall('call_b', 'first', '{"x":2}')]
    const { content, message } = await bothForms(
      {
        stream: chatStream(
          [call(0, 'call_a', 'first', '{"x":1}'), call(1, 'call_b', 'first', '{"x":2}')],
          'tool_calls',
        ),
        whole: completion({ content: null, tool_calls: calls }, 'tool_calls'),
      },
      delivery,
    )
    expect(content).toEqual([toolUse('call_a', 'first', { x: 1 }), toolUse('call_b', 'first', { x: 2 })])
    expect(message['stop_reason']).toBe('tool_use')
  })
})

describe('broken arguments in a whole answer', () => {
  it('18 invalid-args-json: cut by the length limit they are completed as far as they go', async () => {
    const whole = completion({ tool_calls: [wholeCall('call_a', 'first', '{"a":1,"b":"te')] }, 'length')
    const bench = await startBench(CHAT, answering({ whole }))
    const message = (await bench.messages(TOOLS)).json()
    expect(message['content']).toEqual([toolUse('call_a', 'first', { a: 1, b: 'te' })])
    expect(message['stop_reason']).toBe('max_tokens')
  })

  it('18 invalid-args-json: with any other end the answer is a 502 that may be retried, and never an empty input', async () => {
    const whole = completion({ tool_calls: [wholeCall('call_a', 'first', '{"a":')] }, 'tool_calls')
    const bench = await startBench(CHAT, answering({ whole }))
    const answer = await bench.messages(TOOLS)
    expect(answer.status).toBe(502)
    expect(answer.headers['x-should-retry']).toBe('true')
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })
})
