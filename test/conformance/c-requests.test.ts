import { describe, expect, it } from 'vitest'
import { chatForms } from './both-forms.ts'
import { MESSAGES, answering, startBench } from './harness.ts'
import type { Bench, Json, Vendor } from './harness.ts'
import { answer } from './messages-vendor.ts'

const said = (text: string): Json => ({ type: 'text', text })
const dropped = (headers: Readonly<Record<string, string | undefined>>): string[] =>
  (headers['x-ucr-dropped'] ?? '').split(',').sort()

/** A vendor that says "Hi" to everything. */
const greeting = (vendor: Vendor = MESSAGES, config: Json = {}): Promise<Bench> =>
  startBench(vendor, answering(answer([said('Hi')])), config)

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 1 }, people: { type: 'integer', minimum: 0 } },
  required: ['city', 'people'],
}
const FORMAT = { type: 'json_schema', json_schema: { name: 'town', strict: true, schema: SCHEMA } }

describe('what a Chat client asks of a Messages vendor', () => {
  it('78 n=2: is refused by name before anybody is asked', async () => {
    const bench = await greeting()
    const reply = await bench.chat({ n: 2 })
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'n', code: 'unsupported_parameter' },
    })
    expect(bench.upstream.requests).toHaveLength(0)
    expect((await bench.chat({ n: 1 })).status).toBe(200)
  })

  it('79 json_schema: a model that can is bound by the schema, and the content is its JSON', async () => {
    const json = '{"city":"Wien","people":2000000}'
    const bench = await startBench(MESSAGES, answering(answer([said(json)])))
    const { message, finishReason } = await chatForms(bench, { response_format: FORMAT })
    expect([message['content'], finishReason]).toEqual([json, 'stop'])
    const { format } = bench.asked()['output_config'] as { format: { type: string; schema: typeof SCHEMA & Json } }
    expect(format.type).toBe('json_schema')
    expect(format.schema).toMatchObject({ type: 'object', required: SCHEMA.required, additionalProperties: false })
    // What the API refuses in a schema is still told to the model.
    expect(format.schema.properties.people).toEqual({
      type: 'integer',
      description: expect.stringContaining('0') as unknown,
    })
  })

  it('79 json_schema: a model that cannot is given a tool, of which the client sees nothing', async () => {
    const older = { ...MESSAGES, settings: { capabilities: { structuredOutput: false } } }
    const bench = await startBench(older, async (asked, reply) => {
      const { tools } = asked.json() as { tools: { name: string }[] }
      const call = { type: 'tool_use', id: 'toolu_01A', name: tools[0]?.name, input: { city: 'Wien', people: 2 } }
      await answering(answer([call], 'tool_use'))(asked, reply)
    })
    const { message, finishReason } = await chatForms(bench, { response_format: FORMAT })
    expect(JSON.parse(String(message['content']))).toEqual({ city: 'Wien', people: 2 })
    expect(message['tool_calls']).toBeUndefined()
    expect(finishReason).toBe('stop')
    expect(bench.asked()['tool_choice']).toMatchObject({ type: 'tool' })
  })

  const UNKNOWN_THERE = { logprobs: true, top_logprobs: 3, logit_bias: { 50256: -100 }, seed: 7 }

  it('80 logprobs, logit_bias, seed: are left out, and the reply says so', async () => {
    const bench = await greeting()
    const reply = await bench.chat(UNKNOWN_THERE)
    expect(reply.status).toBe(200)
    expect(dropped(reply.headers)).toEqual(['logit_bias', 'logprobs', 'seed', 'top_logprobs'])
    for (const name of Object.keys(UNKNOWN_THERE)) expect(bench.asked()).not.toHaveProperty(name)
    expect((await bench.recordOf(reply))['dropped']).toContain('logit_bias')
  })

  it('80 logprobs, logit_bias, seed: the reply to a stream says so too', async () => {
    const bench = await greeting()
    expect(dropped((await bench.chat({ ...UNKNOWN_THERE, stream: true })).headers)).toContain('seed')
  })

  it.each([
    ['by config', { strict: true }, {}],
    ['by header', {}, { 'x-ucr-strict': 'true' }],
  ])('80 strict mode %s: the request is refused, and the error names the field', async (_, config, headers) => {
    const bench = await greeting(MESSAGES, config)
    const reply = await bench.chat({ seed: 7 }, headers)
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({ error: { code: 'unsupported_parameter', param: 'seed' } })
    expect(bench.upstream.requests).toHaveLength(0)
    expect((await bench.chat({}, headers)).status).toBe(200)
  })

  it('80 json_object: the model is told, and the reply says that it is no more than told', async () => {
    const bench = await greeting()
    const reply = await bench.chat({ response_format: { type: 'json_object' } })
    expect(dropped(reply.headers)).toEqual(['response_format'])
    expect(JSON.stringify(bench.asked()['system'])).toContain('JSON')
  })

  it('81 developer role: leading instructions are the system prompt, later ones stay where they stand', async () => {
    const bench = await greeting()
    await bench.chat({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'developer', content: 'Answer in German.' },
        { role: 'user', content: 'Go on' },
      ],
    })
    const { system, messages } = bench.asked() as { system: Json[]; messages: { role: string; content: unknown }[] }
    expect(system.map(({ text }) => text)).toEqual(['Be kind.', 'Be brief.'])
    const text = JSON.stringify(messages)
    expect(text.indexOf('Hi.')).toBeLessThan(text.indexOf('Answer in German.'))
    expect(text.indexOf('Answer in German.')).toBeLessThan(text.indexOf('Go on'))
    expect(messages.every(({ role }) => role !== 'developer')).toBe(true)
  })

  it('81 name: who speaks is written in front of the words', async () => {
    const bench = await greeting()
    const reply = await bench.chat({ messages: [{ role: 'user', name: 'Ada', content: 'Hello' }] })
    expect(JSON.stringify(bench.asked()['messages'])).toContain('Ada: Hello')
    expect(dropped(reply.headers)).toContain('messages.name')
  })

  it('81 name: that of a result is its tool and goes with the call, so that nothing is lost', async () => {
    const bench = await greeting()
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }
    const messages = [
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', name: 'look', content: 'A cat.' },
    ]
    const legacy = [
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
      { role: 'function', name: 'look', content: 'A cat.' },
    ]
    for (const history of [messages, legacy]) {
      const reply = await bench.chat({ messages: history }, { 'x-ucr-strict': 'true' })
      expect([reply.status, reply.headers['x-ucr-dropped']]).toEqual([200, undefined])
    }
  })

  it('81 name: of a leading system message it is reported, for the system prompt has no place for it', async () => {
    const bench = await greeting()
    const messages = [
      { role: 'system', name: 'house', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
    ]
    expect(dropped((await bench.chat({ messages })).headers)).toEqual(['messages.name'])
  })

  it.each([
    ['a name that the API does not know', 'data:image/jpg;base64,AAAA', 'image/jpeg'],
    ['parameters', 'data:image/png;charset=utf-8;base64,AAAA', 'image/png'],
  ])('81 images: bytes whose type has %s are bytes all the same', async (_, url, type) => {
    const bench = await greeting()
    await bench.chat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] })
    const [message] = bench.asked()['messages'] as { content: Json[] }[]
    const source = { type: 'base64', media_type: type, data: 'AAAA' }
    expect(message?.content).toEqual([{ type: 'image', source }])
  })

  it('81 legacy function_call: functions go as tools, and the answer comes back in their form', async () => {
    const call = { type: 'tool_use', id: 'toolu_01A', name: 'weather', input: { city: 'Wien' } }
    const bench = await startBench(MESSAGES, answering(answer([call], 'tool_use')))
    const legacy = {
      functions: [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }],
      function_call: { name: 'weather' },
      messages: [
        { role: 'user', content: 'Weather in Linz?' },
        { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{"city":"Linz"}' } },
        { role: 'function', name: 'weather', content: 'Rain' },
        { role: 'user', content: 'And in Wien?' },
      ],
    }
    const whole = (await bench.chat(legacy)).json()
    expect(whole['choices']).toMatchObject([
      { message: { function_call: { name: 'weather', arguments: '{"city":"Wien"}' } }, finish_reason: 'function_call' },
    ])
    expect(JSON.stringify(whole)).not.toContain('tool_calls')
    const streamed = await bench.chat({ ...legacy, stream: true })
    expect(streamed.text).toContain('"finish_reason":"function_call"')
    expect(streamed.text).not.toContain('tool_calls')
    const {
      tools,
      tool_choice: choice,
      messages,
    } = bench.asked() as { tools: Json[]; tool_choice: Json; messages: Json[] }
    expect(tools).toMatchObject([{ name: 'weather', input_schema: { type: 'object' } }])
    expect(choice).toMatchObject({ type: 'tool', name: 'weather', disable_parallel_tool_use: true })
    const [, turn, results] = messages as { content: Json[] }[]
    const [use] = turn?.content ?? []
    expect(use).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Linz' } })
    expect(results?.content[0]).toMatchObject({ type: 'tool_result', tool_use_id: use?.['id'] })
  })

  it.each([
    ['modalities', { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }],
    ['modalities', { modalities: ['image'] }],
  ])('84 audio/image output request: is refused with the name %s', async (param, asked) => {
    const bench = await greeting()
    const reply = await bench.chat(asked)
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({ error: { code: 'unsupported_parameter', param } })
    expect(bench.upstream.requests).toHaveLength(0)
  })

  it('84 audio/image output request: text alone is no such request', async () => {
    const bench = await greeting()
    expect((await bench.chat({ modalities: ['text'] })).status).toBe(200)
  })

  it('84 audio input: is refused with the place where it stands', async () => {
    const bench = await greeting()
    const audio = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }
    const reply = await bench.chat({ messages: [{ role: 'user', content: [audio] }] })
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({
      error: { code: 'unsupported_parameter', param: expect.stringContaining('messages.0') as unknown },
    })
  })

  it('85 tool id map: ids that the vendor refuses are replaced, in the same way each time', async () => {
    const bench = await greeting()
    const ids = ['x'.repeat(200), 'call|1+/=:', 'call_fine']
    const messages = [
      { role: 'user', content: 'Do it' },
      {
        role: 'assistant',
        content: null,
        tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'first', arguments: '{}' } })),
      },
      ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: id })),
    ]
    for (const _ of [1, 2]) await bench.chat({ messages })
    const [before, after] = [bench.asked(0)['messages'], bench.asked(1)['messages']]
    expect(before).toEqual(after)
    const [, turn, results] = before as { content: Json[] }[]
    const sent = (turn?.content ?? []).map(({ id }) => String(id))
    expect(sent[2]).toBe('call_fine')
    expect(new Set(sent).size).toBe(3)
    for (const id of sent) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect((results?.content ?? []).map(({ tool_use_id: id }) => id)).toEqual(sent)
  })
})
