import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisConnection } from '../../src/store/redis/connection.ts'
import { RedisReasoningStore } from '../../src/store/redis/reasoning-store.ts'
import { describeReasoningStore } from '../../src/store/reasoning-store.contract.ts'
import { readChatStream } from '../conformance/chat-stream.ts'
import { answering, answeringInTurn } from '../conformance/harness.ts'
import type { Json } from '../conformance/harness.ts'
import { bodyOf, dropped, install, prefixOf, provider, scripted } from '../conformance/installation.ts'
import type { Installation } from '../conformance/installation.ts'
import { answer } from '../conformance/messages-vendor.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile } from '../support/gateway.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import type { Upstream } from '../support/upstream.ts'
import { dirname, join } from 'node:path'

const CALL = 'toolu_01A09q90qw90lq917835lq9A'
const LATER_CALL = 'toolu_01A09q90qw90lq917835lq9B'
const KEYS = [
  { name: 'one', key: 'client-key-one-0123456789' },
  { name: 'two', key: 'client-key-two-0123456789' },
]
const as = (index: number) => ({ authorization: `Bearer ${KEYS[index]!.key}` })
const THINKING = { type: 'thinking', thinking: 'A “thought” 🙂\n\u2028 <&>', signature: 'RXhhbXBsZVNpZ25hdHVyZS0y+/==' }
const REDACTED = { type: 'redacted_thinking', data: 'UmVkYWN0ZWQ+/=' }
const use = (id: string): Json => ({ type: 'tool_use', id, name: 'look', input: { at: 'a b' } })
const said = (text: string): Json => ({ type: 'text', text })

const TURN = [THINKING, REDACTED, said('I look.'), use(CALL)]
const SETTINGS = {
  model: 'work/claude-sonnet-4-5',
  max_tokens: 8000,
  reasoning_effort: 'medium',
  tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
}

const user = (content: string): Json => ({ role: 'user', content })
const result = (id: string): Json => ({ role: 'tool', tool_call_id: id, content: 'found' })

function messageOf(reply: Answer): Json {
  expect(reply.status, reply.text).toBe(200)
  if (reply.events.length > 0) return readChatStream(reply.events).message
  const [choice] = reply.json()['choices'] as Json[]
  return choice?.['message'] as Json
}

/** What a client that knows nothing of reasoning sends back of an answer. */
function sentBack(reply: Answer): Json {
  const { role, content, tool_calls: calls } = messageOf(reply)
  return { role, content, ...(calls !== undefined && { tool_calls: calls }) }
}

/** The content of a message of the vendor's latest request. */
const contentSent = (upstream: Upstream, message: number): unknown =>
  (bodyOf(upstream)['messages'] as Json[])[message]?.['content']

async function vendor(): Promise<Upstream> {
  const turns = [TURN, [THINKING, said('And again.'), use(LATER_CALL)], [said('Done.')]]
  return scripted(answeringInTurn(...turns.map((blocks) => answering(answer(blocks, 'tool_use')))))
}

async function installed(upstream: Upstream, config: ConfigFile = {}): Promise<Installation> {
  return install({ providers: [provider('work', 'anthropic', upstream, ['claude-sonnet-4-5'])], ...config })
}

async function counts(installation: Installation, headers = {}): Promise<unknown> {
  return (await installation.get('/debug/metrics', headers)).json()['reasoning']
}

describe.skipIf(NO_REDIS !== null)('reasoning in Redis', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start({ durable: false })
  })
  afterAll(() => server.close())

  describeReasoningStore('RedisReasoningStore', async () => {
    await server.ask((client) => client.flushall())
    const connection = await RedisConnection.open({ url: server.url, what: '', lost: () => {}, back: () => {} })
    await connection.ready(60_000)
    return { store: new RedisReasoningStore(connection), close: async () => connection.close() }
  })

  const config = (secret: string): ConfigFile => ({
    redis: { url: server.url },
    reasoning: { store: 'redis' },
    server: { secret },
  })

  it('is there in every gateway with the same secret, and in none with another', async () => {
    await server.ask((client) => client.flushall())
    const upstream = await vendor()
    const [one, two] = [
      await installed(upstream, config('s'.repeat(32))),
      await installed(upstream, config('s'.repeat(32))),
    ]
    const other = await installed(upstream, config('t'.repeat(32)))
    const messages = [user('Where?')]
    const first = await one.chat({ ...SETTINGS, messages })
    const second = [...messages, sentBack(first), result(CALL)]
    await server.ask(async (client) => {
      while ((await client.zcard('reasoning')) === 0) await new Promise((resolve) => setImmediate(resolve))
      const [key = ''] = await client.keys('reasoning:[^s]*')
      const content = (await client.getBuffer(key))?.toString('latin1')
      expect(`${key}${content}`).not.toMatch(/RXhhbXBsZVNpZ25hdHVyZ|thought|toolu/)
    })
    await two.chat({ ...SETTINGS, messages: second })
    expect(contentSent(upstream, 1)).toEqual(TURN)
    await other.chat({ ...SETTINGS, messages: second })
    expect(contentSent(upstream, 1)).toEqual(TURN.slice(2))
  })

  it('costs no request where the server is away', async () => {
    const upstream = await vendor()
    const installation = await installed(upstream, config('s'.repeat(32)))
    const messages = [user('Where?')]
    const first = await installation.chat({ ...SETTINGS, messages })
    await server.kill()
    await installation.gateway.logged(({ msg }) => msg === 'the store of reasoning is away')
    const reply = await installation.chat({ ...SETTINGS, messages: [...messages, sentBack(first), result(CALL)] })
    expect(reply.status).toBe(200)
    expect(contentSent(upstream, 1)).toEqual(TURN.slice(2))
    expect(await counts(installation)).toMatchObject({ failed: 1 })
    await server.start()
  })
})

describe.each(['sqlite', 'memory'] as const)(
  'reasoning that a Chat client does not bring back, kept in %s',
  (store) => {
    const config: ConfigFile = { reasoning: { store } }

    it.each([false, true])('goes back to its vendor byte for byte, streamed %s, turn after turn', async (stream) => {
      const upstream = await vendor()
      const installation = await installed(upstream, config)
      const ask = (messages: readonly Json[]): Promise<Answer> => installation.chat({ ...SETTINGS, stream, messages })
      const begin = [user('Where?')]
      const second = [...begin, sentBack(await ask(begin)), result(CALL)]
      const reply = await ask(second)
      expect(contentSent(upstream, 1)).toEqual(TURN)
      expect(dropped(reply)).toEqual([])
      expect(bodyOf(upstream)['thinking']).toMatchObject({ type: 'enabled' })
      await ask([...second, sentBack(reply), result(LATER_CALL)])
      expect(contentSent(upstream, 3)).toEqual([THINKING, said('And again.'), use(LATER_CALL)])
      // What the vendor has seen already is the same to the last byte.
      const [, before, after] = upstream.requests
      expect(prefixOf(after?.body, 3)).toEqual(prefixOf(before?.body, 3))
      expect(await counts(installation)).toEqual({ kept: 2, restored: 3, missed: 0, failed: 0 })
    })

    it('is nobody else’s: another key with the same call gets nothing', async () => {
      const upstream = await vendor()
      const installation = await installed(upstream, { ...config, auth: { keys: KEYS } })
      const messages = [user('Where?')]
      const first = await installation.chat({ ...SETTINGS, messages }, as(0))
      const second = [...messages, sentBack(first), result(CALL)]
      const stolen = await installation.chat({ ...SETTINGS, messages: second }, as(1))
      expect(stolen.status).toBe(200)
      expect(contentSent(upstream, 1)).toEqual(TURN.slice(2))
      // What cannot be had without it is told.
      expect(dropped(stolen)).toEqual(['reasoning_effort'])
      expect(await counts(installation, as(0))).toMatchObject({ restored: 0, missed: 1 })
      await installation.chat({ ...SETTINGS, messages: second }, as(0))
      expect(contentSent(upstream, 1)).toEqual(TURN)
    })

    it('is that of the turn, where there is no call, and only in the same conversation', async () => {
      const upstream = await scripted(answering(answer([THINKING, said('Yes.')])))
      const installation = await installed(upstream, config)
      const ask = (...messages: readonly Json[]): Promise<Answer> => installation.chat({ ...SETTINGS, messages })
      const yes = sentBack(await ask(user('Really?')))
      await ask(user('Really?'), yes, user('Sure?'))
      expect(contentSent(upstream, 1)).toEqual([THINKING, said('Yes.')])
      await ask(user('Something else?'), yes, user('Sure?'))
      expect(contentSent(upstream, 1)).toEqual([said('Yes.')])
    })

    it('takes the place of what the client brought of it in plain words, and leaves alone what came back whole', async () => {
      const upstream = await vendor()
      const installation = await installed(upstream, config)
      const messages = [user('Where?')]
      const first = await installation.chat({ ...SETTINGS, messages })
      const whole = messageOf(first)
      const { reasoning_content: words } = whole
      for (const message of [{ ...sentBack(first), reasoning_content: words }, whole]) {
        const reply = await installation.chat({ ...SETTINGS, messages: [...messages, message, result(CALL)] })
        expect(contentSent(upstream, 1)).toEqual(TURN)
        expect(dropped(reply)).toEqual([])
      }
      expect(await counts(installation)).toMatchObject({ restored: 1 })
    })

    it('is put in front of the call that it led to', async () => {
      const between = [THINKING, said('First.'), use(CALL), REDACTED, use(LATER_CALL)]
      const upstream = await scripted(answering(answer(between, 'tool_use')))
      const installation = await installed(upstream, config)
      const messages = [user('Where?')]
      const first = await installation.chat({ ...SETTINGS, messages })
      await installation.chat({
        ...SETTINGS,
        messages: [...messages, sentBack(first), result(CALL), result(LATER_CALL)],
      })
      expect(contentSent(upstream, 1)).toEqual(between)
    })

    it('is not kept where nobody wants it', async () => {
      const upstream = await vendor()
      const installation = await installed(upstream, { reasoning: { store: 'off' } })
      const messages = [user('Where?')]
      const first = await installation.chat({ ...SETTINGS, messages })
      await installation.chat({ ...SETTINGS, messages: [...messages, sentBack(first), result(CALL)] })
      expect(contentSent(upstream, 1)).toEqual(TURN.slice(2))
      expect(await counts(installation)).toBeUndefined()
    })
  },
)

it('reasoning that was kept is there after a restart, and nobody who reads the file learns anything of it', async () => {
  const upstream = await vendor()
  const installation = await installed(upstream)
  const messages = [user('Where?')]
  const first = await installation.chat({ ...SETTINGS, messages })
  await installation.restart()
  const file = join(dirname(installation.gateway.configPath), 'state', 'ucr.db')
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('SELECT name, content FROM reasoning').all()
  database.close()
  expect(rows).toHaveLength(1)
  const text = rows.map(
    ({ name, content }) => `${String(name)} ${Buffer.from(content as Uint8Array).toString('latin1')}`,
  )
  expect(text.join()).not.toMatch(/RXhhbXBsZVNpZ25hdHVyZ|thought|toolu/)
  await installation.chat({ ...SETTINGS, messages: [...messages, sentBack(first), result(CALL)] })
  expect(contentSent(upstream, 1)).toEqual(TURN)
})
