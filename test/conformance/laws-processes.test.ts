import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile } from '../support/gateway.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'
import { call, chatStream, completion, delta, wholeCall } from './chat-vendor.ts'
import { BASH, toolResult, toolUse } from './claude-code.ts'
import { answering } from './harness.ts'
import type { Json } from './harness.ts'
import { provider, scripted } from './installation.ts'
import { answer } from './messages-vendor.ts'

const ODD_NAMES = ['mcp__server.with.dots__tool name', 'x'.repeat(100), 'x'.repeat(101), 'ünïcode', 'fine']
const ODD_IDS = ['call|1+/=:', 'y'.repeat(130), 'ümläut', 'toolu_01A']

/** A gateway as a process, on a machine of its own; the secret of the installation may come from another machine. */
async function start(config: ConfigFile, like: UserMachine | null): Promise<{ machine: UserMachine; url: string }> {
  const machine = await UserMachine.create()
  onTestFinished(() => machine.close())
  if (like !== null) cpSync(stateOf(like), stateOf(machine), { recursive: true })
  await machine.writeConfig({ server: { port: 0 }, ...config })
  const [, url = ''] = await machine.start(['start']).printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { machine, url }
}

const stateOf = ({ home }: UserMachine): string => join(home, '.local', 'state', 'ucr', 'gateway.secret')

const user = (content: unknown): Json => ({ role: 'user', content })

const CHAT_ANSWER = answering({
  stream: chatStream(
    [delta({ reasoning_content: 'Hm.' }), ...ODD_IDS.map((id, index) => call(index, id, 'Bash', '{}'))],
    'tool_calls',
  ),
  whole: completion(
    { reasoning_content: 'Hm.', tool_calls: ODD_IDS.map((id) => wholeCall(id, 'Bash', '{}')) },
    'tool_calls',
  ),
})

const MESSAGES_ANSWER = answering(
  answer(
    [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }, ...ODD_IDS.map((id) => toolUse(id, 'Bash', {}))],
    'tool_use',
  ),
)

const MESSAGES: Json = {
  model: 'far/gpt-5.5',
  max_tokens: 100,
  metadata: { user_id: 'user_ada' },
  tools: ODD_NAMES.map((name) => ({ name, input_schema: { type: 'object' } })),
  messages: [
    user('Go.'),
    { role: 'assistant', content: ODD_IDS.map((id, at) => toolUse(id, ODD_NAMES[at] ?? '', { at })) },
    user(ODD_IDS.map((id) => toolResult(id, 'ok'))),
  ],
}

const CHAT: Json = {
  model: 'work/claude-opus-5-5',
  user: 'user_ada',
  tools: ODD_NAMES.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })),
  messages: [
    user('Go.'),
    { role: 'assistant', content: null, tool_calls: ODD_IDS.map((id, at) => wholeCall(id, ODD_NAMES[at] ?? '', '{}')) },
    ...ODD_IDS.map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' })),
    { role: 'assistant', content: null, function_call: { name: 'fine', arguments: '{}' } },
    { role: 'function', name: 'fine', content: 'ok' },
  ],
}

const ASKED: readonly (readonly [path: string, body: Json])[] = [
  ['/v1/messages', MESSAGES],
  ['/v1/messages', { ...MESSAGES, stream: true }],
  ['/v1/chat/completions', CHAT],
  ['/v1/chat/completions', { ...CHAT, stream: true, reasoning_effort: 'high' }],
]

/** Without what each answer has of its own: the moment and its id. */
const timeless = ({ text }: Answer): string =>
  text.replaceAll(/"created":\d+/g, '"created":0').replaceAll(/"id":"(msg_|chatcmpl-)\w+"/g, '"id":"$1"')

it('123 idempotent ids: two processes write the same, to vendors and to clients, and know what the other made', async () => {
  const [far, work] = [await scripted(CHAT_ANSWER), await scripted(MESSAGES_ANSWER)]
  const returning = { dialect: { reasoning: { sendBack: 'reasoning_content' } } }
  const config: ConfigFile = {
    providers: [
      provider('far', 'openai-compatible', far, ['gpt-5.5'], returning),
      provider('work', 'anthropic', work, ['claude-opus-5-5']),
    ],
  }
  const one = await start(config, null)
  const two = await start(config, one.machine)
  const seen = (upstream: Upstream): readonly string[] => upstream.requests.map(({ body }) => body.toString('utf8'))
  for (const [path, body] of ASKED) {
    const [first, second] = [await ask(`${one.url}${path}`, { body }), await ask(`${two.url}${path}`, { body })]
    expect(first.status, first.text).toBe(200)
    expect(timeless(second)).toBe(timeless(first))
  }
  for (const upstream of [far, work]) {
    const bodies = seen(upstream)
    expect(bodies).toHaveLength(4)
    expect([bodies[1], bodies[3]]).toEqual([bodies[0], bodies[2]])
  }

  // What the first made of the vendor's reasoning, the second one opens.
  const question = { ...MESSAGES, tools: [BASH], messages: [user('Go.')] }
  const { content } = (await ask(`${one.url}/v1/messages`, { body: question })).json() as { content: Json[] }
  const results = content.filter(({ type }) => type === 'tool_use').map(({ id }) => toolResult(String(id), 'ok'))
  const messages = [user('Go.'), { role: 'assistant', content }, user(results)]
  const reply = await ask(`${two.url}/v1/messages`, { body: { ...question, messages } })
  expect([reply.status, reply.headers['x-ucr-dropped']], reply.text).toEqual([200, undefined])
  expect(seen(far).at(-1)).toContain('"reasoning_content":"Hm."')
})
