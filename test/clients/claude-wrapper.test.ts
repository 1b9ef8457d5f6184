import { join } from 'node:path'
import OpenAI from 'openai-current'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Admin, tokenIn } from '../support/admin.ts'
import { UserMachine } from '../support/ucr-process.ts'
import { configFor, conversationOf, KEYS } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, latch, openStream, says, startScriptedVendor } from './scripted-vendor.ts'
import type { ScriptedVendor } from './scripted-vendor.ts'

type Messages = OpenAI.Chat.ChatCompletionMessageParam[]

/** The SDK knows nothing of sessions, and sends what it is given. */
type InSession = { readonly session_id: string }
type Request = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming & InSession
type StreamRequest = OpenAI.Chat.ChatCompletionCreateParamsStreaming & InSession

const why = obstacle()

const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const CALL = answers([{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }], 'tool_use')

/** The official SDK, `claude-wrapper` as a process of its own, and the real Claude Code, which asks a far end of the test's. */
describe.skipIf(why !== null)(titled('claude-wrapper with Claude Code'), () => {
  let machine: UserMachine
  let vendor: ScriptedVendor
  let url: string

  beforeEach(async () => {
    machine = await UserMachine.create()
    vendor = await startScriptedVendor()
    await machine.writeConfig({ ...configFor(vendor, { models: ['sonnet', 'opus', 'haiku'] }), server: { port: 0 } })
    url = await start()
  })
  afterEach(async () => {
    await machine.close()
    await vendor.close()
  })

  const wrapper = (words: readonly string[]) =>
    machine.run(words, { program: 'claude-wrapper', environment: { IS_SANDBOX: '1' } })

  async function start(): Promise<string> {
    const { code, stdout, stderr } = await wrapper(['--no-interactive'])
    expect(code, stderr).toBe(0)
    return /http:\/\/[\d.]+:\d+/.exec(stdout)?.[0] ?? ''
  }

  const client = (key = KEYS.blue) => new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 })

  const ask = (messages: Messages, key = KEYS.blue) => {
    const request: Request = { model: 'sonnet', session_id: 'trip', messages, tools: [WEATHER] }
    return client(key).chat.completions.create(request)
  }

  const said = () => JSON.stringify(conversationOf(vendor.requests.at(-1)))

  it('goes through tools in a session, streams, remembers after a restart, and tells nobody else', async () => {
    const models = await client().models.list()
    expect(models.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['sonnet', 'opus', 'haiku']))

    vendor.script(CALL, says('Rain in Bern.'))
    const first = await ask([{ role: 'user', content: 'I live in Bern. How is the weather?' }])
    expect(first.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'toolu_1', function: { name: 'weather', arguments: '{"city":"Bern"}' } }] },
    })
    // Only what is new: the gateway has the rest.
    const second = await ask([{ role: 'tool', tool_call_id: 'toolu_1', content: 'rain, 9 degrees' }])
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Rain in Bern.' } })
    expect(said()).toContain('rain, 9 degrees')

    const heard = latch()
    vendor.script(async (response) => {
      const stream = openStream(response)
      stream.block({ type: 'text', text: 'Take ' })
      await heard.passed
      stream.block({ type: 'text', text: 'a coat.' })
      stream.finish('end_turn')
    })
    const request: StreamRequest = {
      model: 'sonnet',
      session_id: 'trip',
      stream: true,
      messages: [{ role: 'user', content: 'What do I take?' }],
    }
    let text = ''
    for await (const chunk of await client().chat.completions.create(request)) {
      text += chunk.choices[0]?.delta.content ?? ''
      if (text === 'Take ') heard.pass()
    }
    expect(text).toBe('Take a coat.')

    expect((await wrapper(['--stop'])).code).toBe(0)
    url = await start()
    vendor.script(says('In Bern.'))
    const later = await ask([{ role: 'user', content: 'Where do I live?' }])
    expect(later.choices[0]?.message.content).toBe('In Bern.')
    for (const words of ['I live in Bern', 'rain, 9 degrees', 'a coat.', 'Where do I live?']) {
      expect(said()).toContain(words)
    }

    const seen = await new Admin(url, tokenIn(join(machine.home, '.local', 'state', 'ucr'))).read('requests?limit=1')
    const { prompt_tokens: input, completion_tokens: output } = later.usage!
    expect([input, output].every((tokens) => tokens > 0)).toBe(true)
    expect(seen.json()).toMatchObject({
      data: [{ keyName: 'blue', requestedModel: 'sonnet', provider: 'code', tokens: { input, output } }],
    })

    vendor.script(says('I do not know.'))
    await ask([{ role: 'user', content: 'Where do I live?' }], KEYS.green)
    expect(said()).not.toContain('Bern')
    const mine = await fetch(`${url}/v1/sessions`, { headers: { authorization: `Bearer ${KEYS.green}` } })
    expect(await mine.text()).not.toContain('Bern')
  })
})
