import { describe, expect, it } from 'vitest'
import { chatForms } from './both-forms.ts'
import { readChatStream } from './chat-stream.ts'
import { ASKED, DELIVERIES, MESSAGES, answering, answeringInTurn, startBench } from './harness.ts'
import type { Json } from './harness.ts'
import { PING, START, STOP, USAGE, answer, blockEvents, messageDelta } from './messages-vendor.ts'

const TOOLS = {
  tools: ['first', 'second'].map((name) => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: {} } },
  })),
}

const THINKING = { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmF0dXJl' }
const REDACTED = { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' }
const said = (text: string): Json => ({ type: 'text', text })
const toolUse = (id: string, name: string, input: Json): Json => ({ type: 'tool_use', id, name, input })
const called = (id: string, name: string, args: string): Json => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

describe.each(DELIVERIES)('answers of a Messages vendor, %s', (delivery) => {
  it('72 think+tools stream: thinking, redacted thinking, text and two tools, the second without arguments', async () => {
    const blocks = [
      THINKING,
      REDACTED,
      said('I look it up.'),
      toolUse('toolu_01A', 'first', { x: 1 }),
      toolUse('toolu_01B', 'second', {}),
    ]
    const bench = await startBench(MESSAGES, answering(answer(blocks, 'tool_use'), delivery))
    const { message, finishReason, usage, completion, streamed } = await chatForms(bench, TOOLS)
    expect(message).toMatchObject({
      role: 'assistant',
      content: 'I look it up.',
      reasoning_content: 'Let me see.',
      tool_calls: [called('toolu_01A', 'first', '{"x":1}'), called('toolu_01B', 'second', '{}')],
    })
    const carrier: unknown = expect.stringMatching(/^ucr1\./)
    expect(message['reasoning_details']).toMatchObject([
      { type: 'reasoning.text', text: 'Let me see.', signature: carrier },
      { type: 'reasoning.encrypted', data: carrier },
    ])
    expect(finishReason).toBe('tool_calls')
    const counted = {
      prompt_tokens: 110,
      completion_tokens: 20,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
    }
    expect(usage).toMatchObject(counted)
    expect(completion['usage']).toMatchObject(counted)
    expect(streamed.events.at(-1)?.data).toBe('[DONE]')
  })

  it.each(['end_turn', 'future_reason'])('74 stop mapping: calls that end in `%s` are to be run', async (reason) => {
    const bench = await startBench(MESSAGES, answering(answer([toolUse('toolu_01A', 'first', {})], reason), delivery))
    expect((await chatForms(bench, TOOLS)).finishReason).toBe('tool_calls')
  })

  it('72 think+tools stream: half a character is replaced in both forms', async () => {
    const bench = await startBench(MESSAGES, answering(answer([said('a\ud83d')]), delivery))
    const { message, whole } = await chatForms(bench)
    expect([message['content'], whole.text.includes('ud83d')]).toEqual(['a\ufffd', false])
  })

  it('72 think+tools stream: what the vendor says beside the answer is reported', async () => {
    const call = { ...toolUse('toolu_01A', 'first', {}), caller: { type: 'direct' } }
    const { whole, stream } = answer([call], 'tool_use')
    const container = { id: 'container_1' }
    const bench = await startBench(MESSAGES, answering({ whole: { ...whole, container }, stream }, delivery))
    expect((await bench.chat(TOOLS)).headers['x-ucr-dropped']).toBe('container,content.caller')
  })

  it('72 think+tools stream: blocks that a Chat client cannot be shown leave no gap', async () => {
    const blocks = [
      said('One. '),
      { type: 'server_tool_use', id: 'srvtoolu_01', name: 'web_search', input: { query: 'ucr' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_01', content: [] },
      { type: 'block_of_the_future', data: 1 },
      said('Two.'),
      toolUse('toolu_01A', 'first', { x: 1 }),
      { type: 'server_tool_use', id: 'srvtoolu_02', name: 'web_search', input: {} },
      toolUse('toolu_01B', 'second', {}),
    ]
    const bench = await startBench(MESSAGES, answering(answer(blocks, 'tool_use'), delivery))
    const { message, whole } = await chatForms(bench, TOOLS)
    expect(message).toMatchObject({
      content: 'One. Two.',
      tool_calls: [called('toolu_01A', 'first', '{"x":1}'), called('toolu_01B', 'second', '{}')],
    })
    expect(whole.headers['x-ucr-dropped']).toContain('content.block_of_the_future')
  })

  it('83 created/model/id: they and the other constants are the same in all chunks', async () => {
    const blocks = [THINKING, said('Hi'), toolUse('toolu_01A', 'first', {})]
    const bench = await startBench(MESSAGES, answering(answer(blocks, 'tool_use'), delivery))
    const { chunks, whole } = await chatForms(bench, TOOLS)
    const first = chunks[0] ?? {}
    expect(first).toMatchObject({ object: 'chat.completion.chunk', model: ASKED })
    expect(first['id']).toMatch(/^chatcmpl-[A-Za-z0-9]{20,}$/)
    expect(Math.abs(Number(first['created']) - Date.now() / 1000)).toBeLessThan(60)
    for (const { id, created, model, system_fingerprint: fingerprint, choices } of chunks) {
      expect([id, created, model]).toEqual([first['id'], first['created'], ASKED])
      expect(fingerprint).toEqual(first['system_fingerprint'])
      for (const choice of choices as Json[]) expect(choice['logprobs']).toBeNull()
    }
    expect((whole.json()['choices'] as Json[])[0]?.['logprobs']).toBeNull()
  })

  it('85 tool id map: ids of the vendor come unchanged', async () => {
    const id = 'toolu_01ABCdefGHIjklMNOpqrSTU_-0'
    const bench = await startBench(MESSAGES, answering(answer([toolUse(id, 'first', { x: 1 })], 'tool_use'), delivery))
    const { message } = await chatForms(bench, TOOLS)
    expect(message['tool_calls']).toEqual([called(id, 'first', '{"x":1}')])
  })

  it('82 citations: they are url_citation annotations whose indices slice the content', async () => {
    const cite = (url: string, cited: string): Json => ({
      type: 'web_search_result_location',
      url,
      title: 'A page',
      encrypted_index: 'RW5j',
      cited_text: cited,
    })
    const blocks = [
      said('👋 So: '),
      { ...said('Wien is grün 🌳'), citations: [cite('https://a.example/1', 'grün')] },
      said(' and '),
      {
        ...said('big'),
        citations: [cite('https://a.example/2', 'big'), cite('https://a.example/3', 'large')],
      },
    ]
    const bench = await startBench(MESSAGES, answering(answer(blocks), delivery))
    const { message } = await chatForms(bench)
    const content = String(message['content'])
    expect(content).toBe('👋 So: Wien is grün 🌳 and big')
    const annotations = (
      message['annotations'] as { type: string; url_citation: Record<string, string | number> }[]
    ).map(({ type, url_citation: { url, title, start_index: start, end_index: end } }) => [
      type,
      url,
      title,
      content.slice(Number(start), Number(end)),
    ])
    expect(annotations).toEqual([
      ['url_citation', 'https://a.example/1', 'A page', 'Wien is grün 🌳'],
      ['url_citation', 'https://a.example/2', 'A page', 'big'],
      ['url_citation', 'https://a.example/3', 'A page', 'big'],
    ])
  })
})

describe('how a Messages vendor ends its answer', () => {
  it('74 refusal mapping: a refusal is content_filter, with the reason in words', async () => {
    const details = { stop_details: { type: 'refusal', category: 'cyber', explanation: 'That would be harmful.' } }
    const bench = await startBench(MESSAGES, answering(answer([], 'refusal', details)))
    const { message, finishReason } = await chatForms(bench)
    expect(finishReason).toBe('content_filter')
    expect(message).toMatchObject({ content: null, refusal: 'That would be harmful.' })
  })

  it('74 refusal mapping: a refusal behind some text keeps the text', async () => {
    const bench = await startBench(MESSAGES, answering(answer([said('Well')], 'refusal')))
    const { message, finishReason } = await chatForms(bench)
    expect(finishReason).toBe('content_filter')
    expect(message['content']).toBe('Well')
  })

  it.each([
    ['model_context_window_exceeded', 'length'],
    ['max_tokens', 'length'],
    ['end_turn', 'stop'],
    ['a_reason_of_the_future', 'stop'],
  ])('74 ctx mapping: %s is "%s"', async (stopReason, word) => {
    const bench = await startBench(MESSAGES, answering(answer([said('Hi')], stopReason)))
    expect((await chatForms(bench)).finishReason).toBe(word)
  })

  it('74 stop_sequence mapping: a stop sequence is "stop"', async () => {
    const root = { stop_sequence: 'END' }
    const bench = await startBench(MESSAGES, answering(answer([said('Hi')], 'stop_sequence', root)))
    expect((await chatForms(bench, { stop: ['END'] })).finishReason).toBe('stop')
    expect(bench.asked()['stop_sequences']).toEqual(['END'])
  })

  const SEARCH = { type: 'server_tool_use', id: 'srvtoolu_01', name: 'web_search', input: { query: 'ucr' } }
  const PAUSED = answer([said('I search. '), SEARCH], 'pause_turn')
  const REST = answer([said('Found it.')], 'end_turn')

  it('74 pause mapping: the gateway continues the turn by itself, and the client gets one answer', async () => {
    const bench = await startBench(MESSAGES, async (asked, reply) => {
      const body = asked.json() as { messages: Json[] }
      const resumed = body.messages.at(-1)?.['role'] === 'assistant'
      await answering(resumed ? REST : PAUSED)(asked, reply)
    })
    const { message, finishReason, usage, completion } = await chatForms(bench)
    expect(message['content']).toBe('I search. Found it.')
    expect(finishReason).toBe('stop')
    // Each call costs its own tokens.
    expect(usage).toMatchObject({ prompt_tokens: 220, completion_tokens: 40 })
    expect(completion['usage']).toMatchObject({ prompt_tokens: 220, completion_tokens: 40 })
    expect(bench.upstream.requests).toHaveLength(4)
    for (const resumed of [1, 3]) {
      const { messages } = bench.asked(resumed) as { messages: Json[] }
      expect(messages).toEqual([
        ...(bench.asked(resumed - 1)['messages'] as Json[]),
        { role: 'assistant', content: [said('I search. '), SEARCH] },
      ])
    }
  })

  it('74 pause mapping: a vendor that only ever pauses is an error in the end', async () => {
    const bench = await startBench(MESSAGES, answering(PAUSED))
    const { status, text } = await bench.chat()
    expect([status, text]).toEqual([502, expect.stringContaining('paused')])
    const streamed = readChatStream((await bench.chat({ stream: true })).events)
    expect(streamed.error).not.toBeNull()
  })

  it('74 pause mapping: a failure in the continuation is an error behind what came before', async () => {
    const broken = { stream: [START, ...blockEvents([said('Found')]).slice(0, 2)] }
    const bench = await startBench(MESSAGES, answeringInTurn(answering(PAUSED), answering(broken)))
    const { error, message } = readChatStream((await bench.chat({ stream: true })).events)
    expect(error).not.toBeNull()
    expect(message['content']).toMatch(/^I search\. /)
  })
})

describe('usage for a Chat client', () => {
  it('77 include_usage: without it no chunk has usage', async () => {
    for (const options of [{}, { stream_options: { include_usage: false } }]) {
      const bench = await startBench(MESSAGES, answering(answer([said('Hi')])))
      const { chunks } = readChatStream((await bench.chat({ stream: true, ...options })).events)
      expect(chunks.length).toBeGreaterThan(2)
      for (const chunk of chunks) {
        expect(chunk['usage'] ?? null).toBeNull()
        expect(chunk['choices']).toHaveLength(1)
      }
    }
  })

  it('77 include_usage: with it the last chunk has usage and no choices, and the others null', async () => {
    const bench = await startBench(MESSAGES, answering(answer([said('Hi')])))
    const asked = { stream: true, stream_options: { include_usage: true } }
    const { chunks } = readChatStream((await bench.chat(asked)).events)
    const last = chunks.at(-1)
    expect(last).toMatchObject({ choices: [], usage: { total_tokens: 130 } })
    for (const chunk of chunks.slice(0, -1)) expect(chunk['usage']).toBeNull()
  })

  it('77 include_usage: counts that come in several message_deltas are taken from the last', async () => {
    const counted = (output: number) => ({ usage: { ...USAGE, output_tokens: output } })
    const stream = [
      START,
      ...blockEvents([said('Hi')]),
      messageDelta({ stop_reason: null }, counted(5)),
      PING,
      messageDelta({ stop_reason: 'end_turn' }, counted(20)),
      STOP,
    ]
    const bench = await startBench(MESSAGES, answering({ stream }))
    const { usage } = readChatStream(
      (await bench.chat({ stream: true, stream_options: { include_usage: true } })).events,
    )
    expect(usage).toMatchObject({ prompt_tokens: 110, completion_tokens: 20, total_tokens: 130 })
  })
})
