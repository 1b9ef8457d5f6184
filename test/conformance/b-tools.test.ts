import { describe, expect, it } from 'vitest'
import type { Answer } from '../support/ask.ts'
import type { UpstreamScript } from '../support/upstream.ts'
import { messagesForms } from './both-forms.ts'
import { args, call, chatStream, completion, delta, finish, wholeCall, DONE, OPENING } from './chat-vendor.ts'
import { BASH, READ, said, toolResult, toolUse } from './claude-code.ts'
import { CHAT, CHAT_HOST, MESSAGES, answering, startBench, wantsStream } from './harness.ts'
import type { Json, Vendor } from './harness.ts'
import { PLANS, bodyOf, dropped, install, provider, scripted, simulated } from './installation.ts'
import { answer } from './messages-vendor.ts'

const user = (content: unknown): Json => ({ role: 'user', content })
const assistant = (...content: Json[]): Json => ({ role: 'assistant', content })

const chatGreeting = answering({ stream: chatStream([delta({ content: 'Hi' })]), whole: completion({ content: 'Hi' }) })
const greeting = answering(answer([said('Hi')]))

/** What a Chat vendor as strict as OpenAI is sent of a Messages conversation. The strictness is the simulator's. */
async function sentToChat(body: Json, type = 'openai') {
  const simulator = await simulated()
  const { messages } = await install({ providers: [provider('gpt', type, simulator, ['gpt-5.5'])] })
  const reply = await messages({ model: 'gpt-5.5', max_tokens: 1000, ...body })
  expect(reply.status, reply.text).toBe(200)
  const text = simulator.requests[0]?.body.toString('utf8') ?? ''
  return { sent: JSON.parse(text) as { messages: Json[]; tools?: Json[] }, text, losses: lostOfRequest(reply) }
}

/** Of the answer it is lost who gave it: the simulator says that as OpenAI does. */
const lostOfRequest = (reply: Answer): string[] =>
  dropped(reply).filter((field) => field !== 'service_tier' && field !== 'system_fingerprint')

const TURN = assistant(
  said('I look.'),
  toolUse('toolu_01A', 'Bash', { command: 'a' }),
  toolUse('toolu_01B', 'Bash', { command: 'b' }),
)

const called = (id: string, command: string): Json => wholeCall(id, 'Bash', `{"command":"${command}"}`)
const CALLED = {
  role: 'assistant',
  content: 'I look.',
  tool_calls: [called('toolu_01A', 'a'), called('toolu_01B', 'b')],
}
const tool = (id: string, content: unknown): Json => ({ role: 'tool', tool_call_id: id, content })

describe('results of tools', () => {
  it.each<[string, Json[], Json[], string[]]>([
    [
      'in the order in which they were ready, behind words',
      [user([said('By the way'), toolResult('toolu_01B', 'B'), said('go on'), toolResult('toolu_01A', 'A')])],
      [
        tool('toolu_01A', 'A'),
        tool('toolu_01B', 'B'),
        user([
          { type: 'text', text: 'By the way' },
          { type: 'text', text: 'go on' },
        ]),
      ],
      [],
    ],
    [
      'in two messages',
      [user([toolResult('toolu_01B', 'B')]), user([toolResult('toolu_01A', 'A')])],
      [tool('toolu_01A', 'A'), tool('toolu_01B', 'B')],
      [],
    ],
    [
      'of which one is missing',
      [user([toolResult('toolu_01B', 'B'), said('never mind')])],
      [tool('toolu_01A', expect.stringMatching(/^Error: .*interrupted/)), tool('toolu_01B', 'B'), user('never mind')],
      ['messages.tool_result'],
    ],
    [
      'of which all are missing',
      [user('Stop!')],
      [
        tool('toolu_01A', expect.stringContaining('Error')),
        tool('toolu_01B', expect.stringContaining('Error')),
        user('Stop!'),
      ],
      ['messages.tool_result'],
    ],
    [
      'of which one came twice',
      [user([toolResult('toolu_01A', 'A'), toolResult('toolu_01A', 'other'), toolResult('toolu_01B', 'B')])],
      [tool('toolu_01A', 'A'), tool('toolu_01B', 'B')],
      ['messages.tool_result'],
    ],
    [
      'of a call that nobody made',
      [user([toolResult('toolu_01A', 'A'), toolResult('toolu_01B', 'B'), toolResult('toolu_99', 'lost')])],
      [tool('toolu_01A', 'A'), tool('toolu_01B', 'B'), user('Result of tool call toolu_99:\nlost')],
      ['messages.tool_result'],
    ],
    [
      'with a system message among them',
      [
        user([toolResult('toolu_01A', 'A')]),
        { role: 'system', content: 'Be brief.' },
        user([toolResult('toolu_01B', 'B')]),
      ],
      [tool('toolu_01A', 'A'), tool('toolu_01B', 'B'), { role: 'developer', content: 'Be brief.' }],
      [],
    ],
  ])('57 tool-result order: %s, they stand behind their calls', async (_, results, expected, losses) => {
    const outcome = await sentToChat({ tools: [BASH], messages: [user('Look'), TURN, ...results] })
    expect(outcome.sent.messages).toEqual([{ role: 'user', content: 'Look' }, CALLED, ...expected])
    expect(outcome.losses).toEqual(losses)
  })

  it('57 tool-result order: a call that was never answered, at the very end, is answered', async () => {
    const { sent, losses } = await sentToChat({ tools: [BASH], messages: [user('Look'), TURN] })
    expect(sent.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    expect(losses).toEqual(['messages.tool_result'])
  })

  it.each(PLANS)(
    '57 tool-result order: what a Messages client sends its own vendor is its own (plan %s)',
    async (plan) => {
      const bench = await startBench(MESSAGES, greeting, { plan })
      const messages = [
        user('Look'),
        TURN,
        user([said('x'), toolResult('toolu_01B', 'B'), toolResult('toolu_01B', 'C')]),
      ]
      expect(dropped(await bench.messages({ messages }))).toEqual([])
      expect(bench.asked()['messages']).toEqual(messages)
    },
  )

  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
  const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
  const PDF = {
    type: 'document',
    title: 'a.pdf',
    source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
  }
  const TEXT_FILE = {
    type: 'document',
    title: 'a.txt',
    source: { type: 'text', media_type: 'text/plain', data: 'Words.' },
  }
  const shown = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }

  it.each<[string, unknown, Json, unknown, Json | null]>([
    ['a text', 'Fine.', {}, 'Fine.', null],
    ['an error', 'No such file', { is_error: true }, 'Error: No such file', null],
    ['an error without words', [], { is_error: true }, 'Error: ', null],
    ['nothing', undefined, {}, '', null],
    ['an empty text', '', {}, '', null],
    ['an empty array', [], {}, '', null],
    ['several texts', [said('One'), said('Two')], {}, 'One\n\nTwo', null],
    ['an image', [IMAGE], {}, '', { role: 'user', content: [{ type: 'text', text: '(image for toolu_01A)' }, shown] }],
    [
      'text and an image',
      [said('Look:'), IMAGE],
      {},
      'Look:',
      { role: 'user', content: [{ type: 'text', text: '(image for toolu_01A)' }, shown] },
    ],
    [
      'a PDF',
      [PDF],
      {},
      '',
      {
        role: 'user',
        content: [
          { type: 'text', text: '(document for toolu_01A)' },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        ],
      },
    ],
    ['a text file', [TEXT_FILE], {}, 'Document: a.txt\n\nWords.', null],
    [
      'what a search found',
      [{ type: 'search_result', source: 'https://a.example', title: 'A', content: [said('Found.')] }],
      {},
      'A (https://a.example)\nFound.',
      null,
    ],
  ])('58 tool_result image/error/empty/array/pdf: %s reaches the model', async (_, content, more, text, beside) => {
    const messages = [
      user('Look'),
      assistant(toolUse('toolu_01A', 'Bash', { command: 'a' })),
      user([toolResult('toolu_01A', content, more)]),
    ]
    const { sent } = await sentToChat({ tools: [BASH], messages })
    expect(sent.messages.slice(2)).toEqual([tool('toolu_01A', text), ...(beside === null ? [] : [beside])])
  })

  it('58 tool_result image/error/empty/array/pdf: that it failed stands in the text, and the reply says so', async () => {
    const failed = toolResult('toolu_01A', 'No such file', { is_error: true })
    const { losses } = await sentToChat({ tools: [BASH], messages: [user('Look'), TURN, user([failed])] })
    expect(losses).toContain('messages.is_error')
  })

  it('58 tool_result image/error/empty/array/pdf: images of two results come behind the last of them', async () => {
    const { sent } = await sentToChat({
      tools: [BASH],
      messages: [
        user('Look'),
        TURN,
        user([toolResult('toolu_01A', [IMAGE]), toolResult('toolu_01B', [IMAGE]), said('Which one?')]),
      ],
    })
    expect(sent.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user', 'user'])
  })

  it('58 tool_result image/error/empty/array/pdf: a vendor that takes images from tools gets them there', async () => {
    const bench = await startBench({ ...CHAT_HOST, settings: { dialect: { toolImages: true } } }, chatGreeting)
    const turn = assistant(toolUse('toolu_01A', 'Bash', {}))
    await bench.messages({ messages: [user('Look'), turn, user([toolResult('toolu_01A', [said('Look:'), IMAGE])])] })
    expect((bench.asked()['messages'] as Json[])[2]).toEqual(
      tool('toolu_01A', [{ type: 'text', text: 'Look:' }, shown]),
    )
  })
})

const LONG = `mcp__${'a'.repeat(195)}`
const NAMES = [
  LONG,
  `${LONG.slice(0, -1)}b`,
  'server.tool',
  'server/tool',
  'server tool',
  'ünïcode',
  'fine_name-1',
  'x'.repeat(64),
]

describe('names of tools', () => {
  const tools = NAMES.map((name) => ({ name, input_schema: { type: 'object', properties: {} } }))

  it.each([CHAT, CHAT_HOST])(
    '59 tool names: $type gets names that it takes, and the client its own again',
    async (vendor) => {
      const script: UpstreamScript = (asked, reply) => {
        const names = ((asked.json() as Json)['tools'] as { function: { name: string } }[]).map(
          (entry) => entry.function.name,
        )
        const calls = names.map((name, index) => call(index, `call_${index}`, name, '{"a":1}'))
        const whole = names.map((name, index) => wholeCall(`call_${index}`, name, '{"a":1}'))
        return answering({
          stream: chatStream(calls, 'tool_calls'),
          whole: completion({ tool_calls: whole }, 'tool_calls'),
        })(asked, reply)
      }
      const bench = await startBench(vendor, script)
      const { content } = await messagesForms(bench, { tools })
      expect(content.map(({ name }) => name)).toEqual(NAMES)
      const sent = (bench.asked()['tools'] as { function: { name: string } }[]).map((entry) => entry.function.name)
      expect(new Set(sent).size).toBe(NAMES.length)
      for (const name of sent) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
      expect(sent.slice(-2)).toEqual(NAMES.slice(-2))
      const before = bench.asked()['tools']
      await bench.messages({
        tools: tools.slice(0, 2),
        tool_choice: { type: 'tool', name: LONG },
        messages: [user('Hi'), assistant(...NAMES.map((name, at) => toolUse(`t${at}`, name, {}))), user('Go on')],
      })
      const again = bench.asked(2)
      // The same name is the same whatever other tools there are, in the history and in the choice as well.
      expect(again['tools']).toEqual((before as Json[]).slice(0, 2))
      const turn = (again['messages'] as { tool_calls?: { function: { name: string } }[] }[])[1]
      expect(turn?.tool_calls?.map((entry) => entry.function.name)).toEqual(sent)
      expect(again['tool_choice']).toMatchObject({ function: { name: sent[0] } })
    },
  )

  it.each(PLANS)("59 tool names: a Messages vendor gets a Messages client's own (plan %s)", async (plan) => {
    const bench = await startBench(MESSAGES, answering(answer([toolUse('t1', 'server.tool', {})], 'tool_use')), {
      plan,
    })
    const { content } = await messagesForms(bench, { tools })
    expect(bench.asked()['tools']).toEqual(tools)
    expect(content[0]?.['name']).toBe('server.tool')
  })
})

const SCHEMAS: Readonly<Record<string, string>> = {
  'nothing at all': '{}',
  'no properties': '{"type":"object"}',
  'no type': '{"properties":{"a":{"type":"string"}}}',
  'a choice at the root':
    '{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"integer"}}}]}',
  'oneOf and allOf at the root': '{"type":"object","oneOf":[{"properties":{"a":{}}}],"allOf":[{"required":["a"]}]}',
  'not at the root': '{"type":"object","properties":{"a":{}},"not":{"required":["b"]}}',
  'a reference':
    '{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string","pattern":"^\\\\d+$"}}}',
  'a reference to itself': '{"type":"object","properties":{"next":{"$ref":"#"}}}',
  'lists of types':
    '{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":["integer","array"],"items":{}}}}',
  'a list of types at the root': '{"type":["object","null"],"properties":{"a":{"type":"string"}}}',
  'an array that says nothing of its items': '{"type":"object","properties":{"a":{"type":"array"}}}',
  'properties with the names of keywords':
    '{"type":"object","properties":{"type":{"type":"string"},"properties":{"type":"object","properties":{"$ref":{"type":"string"}}},"anyOf":{"type":"array","items":{"type":"string"}}},"required":["type"]}',
  'keys with dots and digits':
    '{"type":"object","properties":{"b.c":{"type":"string"},"10":{"type":"string"},"2":{"type":"string"},"":{"type":"null"}}}',
  'numbers that no computer rounds':
    '{"type":"object","properties":{"a":{"type":"integer","maximum":12345678901234567890,"multipleOf":1.0,"minimum":-1e400}}}',
  'characters that others escape':
    '{"type":"object","properties":{"a":{"type":"string","description":"<b> & \\u003c \\/ \\u2028 é 🙂","enum":["<",">","&"]}}}',
  'keywords of the newest draft':
    '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"a":{"const":1,"if":{},"then":{},"prefixItems":[{}]}},"dependentRequired":{"a":[]},"unevaluatedProperties":false}',
}

/** What OpenAI refuses at the root of a schema is left out, and reported. */
const LOOSENED = new Set(['a choice at the root', 'oneOf and allOf at the root', 'not at the root'])

/** What is written in another way for OpenAI and means the same. */
const RESPELLED: Readonly<Record<string, string>> = {
  'a list of types at the root': '{"type":"object","properties":{"a":{"type":"string"}}}',
  'an array that says nothing of its items': '{"type":"object","properties":{"a":{"items":{},"type":"array"}}}',
}

/** The text of each member of `properties`, which no vendor needs changed. */
const propertiesIn = (schema: string): string[] =>
  [...schema.matchAll(/"(a|b|b\.c|10|2|next)":(\{[^{}]*\})/g)].map(([text]) => text)

describe('schemas of tools', () => {
  const bodyOfSchema = (schema: string, model: string): string =>
    `{"model":"${model}","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"tools":[{"name":"t","input_schema":${schema}}]}`

  it.each(Object.entries(SCHEMAS))('60 tool schema edge: %s reaches a Messages vendor as it is', async (_, schema) => {
    for (const plan of PLANS) {
      const upstream = await scripted(greeting)
      const { messages } = await install({
        plan,
        providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
      })
      expect((await messages(bodyOfSchema(schema, 'claude-opus-5-5'))).status).toBe(200)
      expect(upstream.requests[0]?.body.toString('utf8')).toContain(`"input_schema":${schema}`)
    }
  })

  it.each(Object.entries(SCHEMAS))(
    '60 tool schema edge: %s is taken by a vendor like OpenAI, its values unchanged',
    async (name, schema) => {
      const simulator = await simulated()
      const { messages } = await install({ providers: [provider('gpt', 'openai', simulator, ['gpt-5.5'])] })
      const reply = await messages(bodyOfSchema(schema, 'gpt-5.5'))
      expect(reply.status, reply.text).toBe(200)
      const sent = simulator.requests[0]?.body.toString('utf8') ?? ''
      for (const property of propertiesIn(RESPELLED[name] ?? schema)) expect(sent).toContain(property)
      expect(lostOfRequest(reply)).toEqual(LOOSENED.has(name) ? ['tools.input_schema'] : [])
      if (!LOOSENED.has(name)) {
        const parameters = (JSON.parse(sent) as { tools: { function: { parameters: Json } }[] }).tools[0]?.function
          .parameters
        expect(parameters).toMatchObject(JSON.parse(RESPELLED[name] ?? schema) as Json)
      }
    },
  )

  it.each(Object.entries(SCHEMAS))(
    '60 tool schema edge: %s, from a Chat client, is taken by a vendor like Anthropic',
    async (_, schema) => {
      const simulator = await simulated()
      const { chat } = await install({ providers: [provider('work', 'anthropic', simulator, ['claude-opus-5-5'])] })
      const reply = await chat(
        `{"model":"claude-opus-5-5","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"t","parameters":${schema}}}]}`,
      )
      expect(reply.status, reply.text).toBe(200)
      const sent = simulator.requests[0]?.body.toString('utf8') ?? ''
      for (const property of propertiesIn(schema)) expect(sent).toContain(property)
    },
  )
})

const NUMBERS =
  '{"id":12345678901234567890,"one":1.0,"huge":1e400,"tiny":-0.0,"long":0.1000000000000000055511151231257827}'
const DIGITS = NUMBERS.slice(1, -1).split(',')

describe('numbers', () => {
  /** A history, a tool and unknown fields, full of numbers that JavaScript has no value for. */
  const conversation = (model: string): string =>
    `{"model":"${model}","max_tokens":9,"messages":[{"role":"user","content":"Hi"},` +
    `{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"t","input":${NUMBERS}}]},` +
    `{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}],` +
    `"tools":[{"name":"t","input_schema":{"type":"object","properties":{"id":{"enum":[${NUMBERS}]}}}}]}`
  const inside = (text: string): string => JSON.stringify(text).slice(1, -1)

  it.each(PLANS)('61 big numbers: digit for digit to a Messages vendor (plan %s)', async (plan) => {
    const upstream = await scripted(greeting)
    const { messages } = await install({
      plan,
      providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
    })
    expect((await messages(conversation('claude-opus-5-5'))).status).toBe(200)
    const sent = upstream.requests[0]?.body.toString('utf8') ?? ''
    expect(sent.split(NUMBERS)).toHaveLength(3)
  })

  it('61 big numbers: digit for digit to a Chat vendor', async () => {
    const upstream = await scripted(chatGreeting)
    const { messages } = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-5.5'])] })
    expect((await messages(conversation('gpt-5.5'))).status).toBe(200)
    const sent = upstream.requests[0]?.body.toString('utf8') ?? ''
    expect(sent).toContain(`"arguments":"${inside(NUMBERS)}"`)
    expect(sent).toContain(`{"enum":[${NUMBERS}]}`)
  })

  it('61 big numbers: digit for digit from a Chat client to a Messages vendor', async () => {
    const upstream = await scripted(greeting)
    const { chat } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    const turn = `{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"t","arguments":"${inside(NUMBERS)}"}}]}`
    const tools = `[{"type":"function","function":{"name":"t","parameters":{"type":"object","properties":{"id":{"enum":[${NUMBERS}]}}}}}]`
    const reply = await chat(
      `{"model":"claude-opus-5-5","messages":[{"role":"user","content":"Hi"},${turn},{"role":"tool","tool_call_id":"t1","content":"ok"}],"tools":${tools}}`,
    )
    expect(reply.status, reply.text).toBe(200)
    const sent = upstream.requests[0]?.body.toString('utf8') ?? ''
    expect(sent.split(NUMBERS)).toHaveLength(3)
  })

  it.each([true, false])(
    '61 big numbers: digit for digit in an answer of a Chat vendor, streamed %s',
    async (stream) => {
      const script: UpstreamScript = answering({
        stream: [
          OPENING,
          call(0, 'c1', 't'),
          args(0, NUMBERS.slice(0, 20)),
          args(0, NUMBERS.slice(20)),
          finish('tool_calls'),
          DONE,
        ],
        whole: completion({ tool_calls: [wholeCall('c1', 't', NUMBERS)] }, 'tool_calls'),
      })
      const bench = await startBench(CHAT, script)
      const { text, events } = await bench.messages({ stream })
      if (stream) {
        const deltas = events
          .filter(({ event: name }) => name === 'content_block_delta')
          .map(({ data }) => JSON.parse(data) as { delta: Json })
        expect(deltas.map((one) => String(one.delta['partial_json'])).join('')).toBe(NUMBERS)
      } else expect(text).toContain(`"input":${NUMBERS}`)
    },
  )

  it.each(PLANS)('61 big numbers: digit for digit in a whole answer of a Messages vendor (plan %s)', async (plan) => {
    const whole = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t1","name":"t","input":${NUMBERS}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`
    const bench = await startBench(MESSAGES, (_asked, reply) => reply.answer(200, whole), { plan })
    expect((await bench.messages()).text).toContain(`"input":${NUMBERS}`)
    const chat = (await bench.chat()).json()['choices'] as { message: { tool_calls: { function: Json }[] } }[]
    expect(chat[0]?.message.tool_calls[0]?.function['arguments']).toBe(NUMBERS)
    expect(DIGITS).toHaveLength(5)
  })
})

describe('tools that are withheld', () => {
  const later = (name: string): Json => ({ ...READ, name, defer_loading: true })
  const SEARCH = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }
  const namesAt = ({ sent }: { sent: { tools?: Json[] } }): string[] =>
    (sent.tools ?? []).map((entry) => String((entry['function'] as Json)['name']))

  it('64 defer_loading + tool_search: a Messages vendor gets them as they are', async () => {
    for (const plan of PLANS) {
      const bench = await startBench(MESSAGES, greeting, { plan })
      const tools = [SEARCH, BASH, later('WebFetch')]
      expect(dropped(await bench.messages({ tools }))).toEqual([])
      expect(bench.asked()['tools']).toEqual(tools)
    }
  })

  it('64 defer_loading + tool_search: a Chat vendor does not see them until a search has named them', async () => {
    const tools = [BASH, later('WebFetch'), later('TaskStop')]
    expect(namesAt(await sentToChat({ tools, messages: [user('Hi')] }))).toEqual(['Bash'])
    const searched = [
      user('Hi'),
      assistant(toolUse('toolu_01A', 'Bash', {})),
      user([toolResult('toolu_01A', [{ type: 'tool_reference', tool_name: 'WebFetch' }]), said('Tool loaded.')]),
    ]
    const found = await sentToChat({ tools, messages: searched })
    expect(namesAt(found)).toEqual(['Bash', 'WebFetch'])
    expect(JSON.stringify(found.sent.messages)).toContain('WebFetch')
    expect(found.losses).toEqual([])
  })

  it('64 defer_loading + tool_search: one that was called, or is insisted on, is there', async () => {
    const tools = [BASH, later('WebFetch'), later('TaskStop')]
    const messages = [user('Hi'), assistant(toolUse('t1', 'TaskStop', {})), user([toolResult('t1', 'ok')])]
    const choice = { type: 'tool', name: 'WebFetch' }
    expect(namesAt(await sentToChat({ tools, messages, tool_choice: choice }))).toEqual([
      'Bash',
      'WebFetch',
      'TaskStop',
    ])
  })

  it("64 defer_loading + tool_search: where the search was to be the vendor's, all are offered, and the reply says so", async () => {
    const outcome = await sentToChat({ tools: [SEARCH, BASH, later('WebFetch')], messages: [user('Hi')] })
    expect(namesAt(outcome)).toEqual(['Bash', 'WebFetch'])
    expect(outcome.losses).toEqual(['tools.tool_search_tool_regex_20251119'])
  })
})

describe('a search that the vendor is to run', () => {
  const SEARCH = {
    type: 'web_search_20250305',
    name: 'web_search',
    max_uses: 8,
    user_location: { type: 'approximate', city: 'Linz', country: 'AT' },
  }
  const SEARCHING: Vendor = { ...CHAT, model: 'gpt-5.5-search-api' }

  it.each([CHAT, CHAT_HOST])(
    '65 web_search server tool: $type, which has none, is not asked, and the tool is named',
    async (vendor) => {
      const bench = await startBench(vendor, chatGreeting)
      const reply = await bench.messages({ tools: [SEARCH] })
      expect([reply.status, reply.headers['x-should-retry']]).toEqual([400, 'false'])
      const { error } = reply.json() as { error: { type: string; message: string } }
      expect(error.type).toBe('invalid_request_error')
      expect(error.message).toContain('web_search_20250305')
      expect(error.message).toContain('web_search')
      expect(bench.upstream.requests).toHaveLength(0)
    },
  )

  it('65 web_search server tool: a vendor that has one is asked for it, and what it cannot be told is reported', async () => {
    const bench = await startBench(SEARCHING, chatGreeting)
    const reply = await bench.messages({ tools: [SEARCH, BASH], tool_choice: { type: 'auto' } })
    expect(reply.status, reply.text).toBe(200)
    expect(bench.asked()['web_search_options']).toEqual({
      user_location: { type: 'approximate', approximate: { city: 'Linz', country: 'AT' } },
    })
    expect((bench.asked()['tools'] as { function: Json }[]).map((entry) => entry.function['name'])).toEqual(['Bash'])
    expect(dropped(reply)).toEqual(['tools.max_uses'])
  })

  it('65 web_search server tool: what the vendor found is cited', async () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://weather.example/linz', title: 'Linz', start_index: 0, end_index: 8 },
    }
    const script: UpstreamScript = (asked, reply) =>
      answering({
        stream: [...chatStream([delta({ content: 'It rains.' }), delta({ annotations: [annotation] })])],
        whole: completion({ content: 'It rains.', annotations: [annotation] }),
      })(asked, reply)
    const bench = await startBench(SEARCHING, script)
    const { content } = await messagesForms(bench, { tools: [SEARCH] })
    expect(content).toEqual([
      {
        type: 'text',
        text: 'It rains.',
        citations: [expect.objectContaining({ url: 'https://weather.example/linz', title: 'Linz' }) as unknown],
      },
    ])
  })

  it('65 web_search server tool: a fallback that can search is asked instead', async () => {
    const bench = await startBench([CHAT, SEARCHING], (asked, reply) => {
      expect(wantsStream(asked)).toBe(false)
      return chatGreeting(asked, reply)
    })
    const reply = await bench.messages({ tools: [SEARCH] })
    expect([reply.status, reply.headers['x-ucr-model']]).toEqual([200, SEARCHING.model])
  })

  it('65 web_search server tool: blocks of an earlier search do not hinder a Chat vendor', async () => {
    const upstream = await scripted(chatGreeting)
    const { messages } = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-5.5'])] })
    const turn = assistant(
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'Linz' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
      said('It rains.'),
    )
    const reply = await messages({
      model: 'gpt-5.5',
      max_tokens: 9,
      messages: [user('Weather?'), turn, user('Thanks')],
    })
    expect(reply.status, reply.text).toBe(200)
    expect((bodyOf(upstream)['messages'] as Json[])[1]).toEqual({ role: 'assistant', content: 'It rains.' })
    expect(dropped(reply)).toEqual(['messages.server_tool_use', 'messages.web_search_tool_result'])
  })
})
