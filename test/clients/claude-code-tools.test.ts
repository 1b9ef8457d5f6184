import type OpenAI from 'openai-current'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClaudeCodeBench, conversationOf, KEYS, MODEL, sessionOf } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, says } from './scripted-vendor.ts'

type Messages = OpenAI.Chat.ChatCompletionMessageParam[]

const why = obstacle()

/** Named like one of the program's own, and like one of another MCP server. */
const TOOLS = ['Bash', 'mcp__maps__find', 'weather'].map((name) => ({
  type: 'function' as const,
  function: {
    name,
    description: `Does ${name}. ${'Long words. '.repeat(400)}`,
    parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  },
}))

const CALLS = answers(
  [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { a: 'ls' } },
    { type: 'tool_use', id: 'toolu_2', name: 'mcp__maps__find', input: { a: 'Oslo' } },
  ],
  'tool_use',
)

/** What a client keeps of an answer. */
const kept = (completion: OpenAI.Chat.ChatCompletion): Messages => {
  const message = completion.choices[0]?.message
  return message === undefined ? [] : [message]
}

const RESULTS: Messages = [
  { role: 'tool', tool_call_id: 'toolu_1', content: 'a.txt' },
  { role: 'tool', tool_call_id: 'toolu_2', content: '59.9 N' },
]

describe.skipIf(why !== null)(titled("the client's tools in Claude Code"), () => {
  let bench: ClaudeCodeBench
  beforeEach(async () => {
    bench = await ClaudeCodeBench.start()
  })
  afterEach(() => bench.close())

  const question: Messages = [{ role: 'user', content: 'Find it' }]
  const ask = (messages: Messages, key = KEYS.blue) =>
    bench.openai(key).chat.completions.create({ model: MODEL, messages, tools: TOOLS })

  it('are offered as the client wrote them', async () => {
    bench.vendor.script(says('No need.'))
    const bare = { type: 'function' as const, function: { name: 'bare' } }
    await bench.openai().chat.completions.create({ model: MODEL, messages: question, tools: [...TOOLS, bare] })
    const offered = bench.vendor.requests[0]?.body['tools'] as {
      name: string
      description: string
      input_schema: object
    }[]
    expect(offered.map(({ name }) => name).toSorted()).toEqual(['Bash', 'bare', 'mcp__maps__find', 'weather'])
    for (const { function: tool } of TOOLS) {
      expect(offered.find(({ name }) => name === tool.name)).toMatchObject({
        description: tool.description,
        input_schema: tool.parameters,
      })
    }
  })

  it('suspend the turn at parallel calls, and the results go on with it', async () => {
    bench.vendor.script(CALLS, says('There.'))
    const first = await ask(question)
    expect(first.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'I look.',
        tool_calls: [
          { id: 'toolu_1', function: { name: 'Bash', arguments: '{"a":"ls"}' } },
          { id: 'toolu_2', function: { name: 'mcp__maps__find', arguments: '{"a":"Oslo"}' } },
        ],
      },
    })
    const second = await ask([...question, ...kept(first), ...RESULTS])
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'There.' } })
    const [one, two] = bench.vendor.requests
    expect(bench.vendor.requests).toHaveLength(2)
    expect(sessionOf(two)).toBe(sessionOf(one))
    const results = JSON.stringify(conversationOf(two).at(-1))
    expect(results).toContain('a.txt')
    expect(results).toContain('59.9 N')
  })

  it('are streamed as they are called', async () => {
    bench.vendor.script(CALLS)
    const stream = bench.openai().chat.completions.stream({ model: MODEL, messages: question, tools: TOOLS })
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([{ id: 'toolu_1' }, { id: 'toolu_2' }])
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
  })

  it("keep each key's turn to itself", async () => {
    bench.vendor.script(CALLS, says('Green.'), says('Blue.'))
    const first = await ask(question)
    const messages = [...question, ...kept(first), ...RESULTS]
    const [green, blue] = [await ask(messages, KEYS.green), await ask(messages, KEYS.blue)]
    expect(green.choices[0]?.message.content).toBe('Green.')
    expect(blue.choices[0]?.message.content).toBe('Blue.')
    const [one, other, own] = bench.vendor.requests
    expect(sessionOf(other)).not.toBe(sessionOf(one))
    expect(sessionOf(own)).toBe(sessionOf(one))
  })

  it('never mix turns up, with more conversations than processes', async () => {
    // The far end calls a tool with the question, and then says the question and its result.
    bench.vendor.script((response, request) => {
      const told = conversationOf(request)
      const name = (told[0]?.content.at(-1) as { text: string } | undefined)?.text ?? ''
      const result = JSON.stringify(told.at(-1)).match(/result of [a-z0-9 ]+/)?.[0]
      const call = { type: 'tool_use' as const, id: `toolu_${name}`, name: 'weather', input: { a: name } }
      const step = result === undefined ? answers([call], 'tool_use') : says(`${name}: ${result}`)
      return step(response, request)
    })
    const talk = async (name: string, key: string): Promise<string | null | undefined> => {
      const asked: Messages = [{ role: 'user', content: name }]
      const first = await ask(asked, key)
      const call = first.choices[0]?.message.tool_calls?.[0]
      expect(call).toMatchObject({ id: `toolu_${name}`, function: { arguments: JSON.stringify({ a: name }) } })
      const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: `result of ${name}` }
      return (await ask([...asked, ...kept(first), result], key)).choices[0]?.message.content
    }
    const names = Array.from({ length: 12 }, (_, index) => `q${index}`)
    const said = await Promise.all(names.map((name, index) => talk(name, index % 2 === 0 ? KEYS.blue : KEYS.green)))
    expect(said).toEqual(names.map((name) => `${name}: result of ${name}`))
    expect((await bench.programs()).length).toBeLessThanOrEqual(4)
  })

  it('go on after a restart, with the conversation that the client sends', async () => {
    bench.vendor.script(CALLS, says('There.'))
    const first = await ask(question)
    await bench.restart()
    const second = await ask([...question, ...kept(first), ...RESULTS])
    expect(second.choices[0]?.message.content).toBe('There.')
    const [one, two] = bench.vendor.requests
    expect(sessionOf(two)).not.toBe(sessionOf(one))
    expect(conversationOf(two)).toMatchObject([
      { role: 'user', content: [{ type: 'text', text: 'Find it' }] },
      { role: 'assistant', content: [{ text: 'I look.' }, { id: 'toolu_1', name: 'Bash' }, { id: 'toolu_2' }] },
      { role: 'user', content: [{ tool_use_id: 'toolu_1' }, { tool_use_id: 'toolu_2' }] },
    ])
  })

  it('begin the turn anew where the client adds words of its own to the results', async () => {
    bench.vendor.script(CALLS, says('There.'))
    const first = await ask(question)
    const second = await ask([...question, ...kept(first), ...RESULTS, { role: 'user', content: 'And hurry.' }])
    expect(second.choices[0]?.message.content).toBe('There.')
    const [one, two] = bench.vendor.requests
    expect(sessionOf(two)).not.toBe(sessionOf(one))
    expect(conversationOf(two).at(-1)?.content).toMatchObject([
      { tool_use_id: 'toolu_1' },
      { tool_use_id: 'toolu_2' },
      { type: 'text', text: 'And hurry.' },
    ])
  })

  it('hand on errors and images of the client', async () => {
    bench.vendor.script(CALLS, says('There.'))
    const tools = TOOLS.map(({ function: { name, parameters } }) => ({ name, input_schema: parameters }))
    const request = { model: MODEL, max_tokens: 100, tools: tools as never }
    const asked = { role: 'user' as const, content: 'Find it' }
    const first = await bench.anthropic().messages.create({ ...request, messages: [asked] })
    const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
    await bench.anthropic().messages.create({
      ...request,
      messages: [
        asked,
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: 'No such folder' },
            {
              type: 'tool_result',
              tool_use_id: 'toolu_2',
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }],
            },
          ],
        },
      ],
    })
    const [one, two] = bench.vendor.requests
    expect(sessionOf(two)).toBe(sessionOf(one))
    const results = conversationOf(two).at(-1)?.content as Record<string, unknown>[]
    expect(results.find((block) => block['tool_use_id'] === 'toolu_1')).toMatchObject({
      is_error: true,
      content: 'No such folder',
    })
    expect(JSON.stringify(results.find((block) => block['tool_use_id'] === 'toolu_2'))).toContain('"type":"image"')
  })

  it('may call again and again in one turn', async () => {
    const again = answers([{ type: 'tool_use', id: 'toolu_3', name: 'weather', input: { a: 'x' } }], 'tool_use')
    bench.vendor.script(CALLS, again, says('Done.'))
    const first = await ask(question)
    const talk = [...question, ...kept(first), ...RESULTS]
    const second = await ask(talk)
    expect(second.choices[0]?.message.tool_calls).toMatchObject([{ id: 'toolu_3' }])
    const third = await ask([...talk, ...kept(second), { role: 'tool', tool_call_id: 'toolu_3', content: 'Rain' }])
    expect(third.choices[0]?.message.content).toBe('Done.')
    expect(new Set(bench.vendor.requests.map(sessionOf)).size).toBe(1)
  })
})
