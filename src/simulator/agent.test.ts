import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../lib/json.ts'
import { agentAnswer, parseDirectives } from './agent.ts'
import { readMessagesRequest } from './anthropic/read.ts'
import type { JsonObject } from './json-object.ts'
import { readChatRequest } from './openai/read.ts'
import type { SimulatorRequest, VendorId } from './request.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

function requestOf(vendor: VendorId, body: JsonObject): SimulatorRequest {
  const read = vendor === 'anthropic' ? readMessagesRequest : readChatRequest
  const identity = { model: 'agent', name: 'agent', seed: '0123456789abcdef' }
  return { ...read(body), vendor, headers: {}, body, ...identity, stream: false, settings: DEFAULT_SETTINGS }
}

const BASH = {
  name: 'Bash',
  input_schema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
}
const READ = {
  name: 'Read',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}

function ask(messages: JsonValue, more: JsonObject = {}): unknown {
  return agentAnswer(requestOf('anthropic', { tools: [BASH, READ], messages, ...more }))
}

function parts(...list: readonly object[]): object {
  return { kind: 'message', parts: list }
}

const call = (name: string, input: JsonValue): object => ({ type: 'tool-call', name, input, custom: false })
const text = (words: string): object => ({ type: 'text', text: words })

describe('parseDirectives()', () => {
  it('reads calls, speech, thought and steps in their order', () => {
    expect(
      parseDirectives('Go: [[think hm]] [[say I read.]] [[call Bash {"command":"ls"}]] [[then]] [[call Read]]'),
    ).toEqual([
      { type: 'think', text: 'hm' },
      { type: 'say', text: 'I read.' },
      { type: 'call', name: 'Bash', input: { command: 'ls' } },
      'then',
      { type: 'call', name: 'Read', input: {} },
    ])
  })

  it('takes arguments that hold brackets themselves', () => {
    expect(parseDirectives('[[call Bash {"command":"echo [[a]] ]]","n":[[1]]}]]')).toEqual([
      { type: 'call', name: 'Bash', input: { command: 'echo [[a]] ]]', n: [[1]] } },
    ])
  })

  it('leaves what is none of them', () => {
    expect(parseDirectives('[[call Bash {"command":]] [[jump]] [[say')).toEqual([])
  })
})

describe('agentAnswer()', () => {
  it('calls the tools that the prompt names, whatever the client wraps around it', () => {
    const content = [
      { type: 'text', text: '<system-reminder>Be good.</system-reminder>' },
      { type: 'text', text: 'Please: [[call Bash {"command":"cat a"}]] [[call Read {"path":"b"}]]' },
    ]
    const system = { role: 'system', content: [{ type: 'text', text: 'effort' }] }
    expect(ask([{ role: 'user', content }, system])).toEqual(
      parts(call('Bash', { command: 'cat a' }), call('Read', { path: 'b' })),
    )
  })

  const toolTurn = (prompt: string): JsonValue[] => [
    { role: 'user', content: prompt },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' } }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', content: 'a.txt' },
        { type: 'text', text: '<system-reminder>Tidy up.</system-reminder>' },
      ],
    },
  ]

  it('quotes the results when they are there', () => {
    expect(ask(toolTurn('[[call Bash {"command":"ls"}]]'))).toEqual(parts(text('Bash returned: a.txt')))
  })

  it('goes on with the next step', () => {
    expect(ask(toolTurn('[[call Bash {"command":"ls"}]] [[then]] [[say Done.]]'))).toEqual(parts(text('Done.')))
  })

  it('calls one tool at a time where calls may not be parallel', () => {
    const prompt = '[[call Bash {"command":"ls"}]] [[call Read {"path":"b"}]]'
    const choice = { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
    expect(ask([{ role: 'user', content: prompt }], choice)).toEqual(parts(call('Bash', { command: 'ls' })))
    expect(ask(toolTurn(prompt), choice)).toEqual(parts(call('Read', { path: 'b' })))
  })

  it('obeys the newest prompt only', () => {
    const turns = [
      ...toolTurn('[[call Bash {"command":"ls"}]] [[then]] [[say Done.]]'),
      { role: 'assistant', content: 'ok' },
    ]
    expect(ask([...turns, { role: 'user', content: 'And now?' }])).toEqual(parts(text('And now?')))
  })

  it('takes a tool by its place, for gateways that rename tools', () => {
    expect(ask([{ role: 'user', content: '[[call #2 {"path":"b"}]]' }])).toEqual(parts(call('Read', { path: 'b' })))
  })

  it('says so when there is no such tool, or none may be called', () => {
    const unknown = [{ role: 'user', content: '[[call Jump {}]]' }]
    expect(ask(unknown)).toEqual(parts(text('There is no tool Jump in the request; there are: Bash, Read.')))
    const known = [{ role: 'user', content: '[[call Bash {}]]' }]
    expect(ask(known, { tool_choice: { type: 'none' } })).toEqual(
      parts(text('Tools may not be called, so Bash was not.')),
    )
  })

  it('calls a forced tool with arguments that its schema allows', () => {
    const hello = [{ role: 'user', content: 'hello' }]
    expect(ask(hello, { tool_choice: { type: 'tool', name: 'Read' } })).toEqual(parts(call('Read', { path: 'path' })))
    expect(ask(hello, { tool_choice: { type: 'any' } })).toEqual(parts(call('Bash', { command: 'command' })))
  })

  it('answers JSON to a title generator that quotes the prompt', () => {
    const format = {
      type: 'json_schema',
      schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
    }
    const prompt = [{ role: 'user', content: 'Title for: [[call Bash {"command":"ls"}]]' }]
    expect(ask(prompt, { tools: [], output_config: { format } })).toEqual(parts(text('{"title":"title"}')))
  })

  it('reads tool messages of Chat, with words of the user behind them', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
    const messages = [
      { role: 'system', content: 'sys' },
      { role: 'user', content: [{ type: 'text', text: '[[call f {"a":1}]]' }] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'user', content: 'by the way' },
    ]
    expect(agentAnswer(requestOf('openai', { tools, messages }))).toEqual(parts(text('f returned: one')))
  })

  it('gives a custom tool its text', () => {
    const tools = [{ type: 'custom', custom: { name: 'patch' } }]
    const messages = [{ role: 'user', content: '[[call patch {"input":"*** Begin"}]]' }]
    const expected = { type: 'tool-call', name: 'patch', input: '*** Begin', custom: true }
    expect(agentAnswer(requestOf('openai', { tools, messages }))).toEqual(parts(expected))
  })
})
