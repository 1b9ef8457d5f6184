import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import * as chatVendor from '../conformance/chat-vendor.ts'
import * as messagesVendor from '../conformance/messages-vendor.ts'
import { adminOf } from '../support/admin.ts'
import type { Json, OpenAnswer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { PAIRS, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { standInClaude } from '../support/stand-in-claude.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS
const COLD: Json = { temperature: 0 }

interface Times {
  readonly byte: number | null
  readonly token: number | null
}

async function timesOf(gateway: TestGateway, headers: OpenAnswer['headers']): Promise<Times> {
  const line = await recordOf(gateway, headers['request-id'] ?? headers['x-request-id'])
  return { byte: line['timeToFirstByte'] as number | null, token: line['timeToFirstToken'] as number | null }
}

/** A stream without anything to read yet. */
const headOf = (vendor: Speaker): readonly string[] => vendor.opening('').slice(0, -1)

interface HeldVendor {
  readonly script: UpstreamScript
  /** Lets it say its first words. */
  readonly speak: () => void
  /** Lets it end. */
  readonly finish: () => void
}

/** A vendor that sends its head at once, and then waits for the test. */
function heldVendor(vendor: Speaker): HeldVendor {
  const spoken = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<void>()
  const script: UpstreamScript = async (_asked, reply) => {
    await reply.streamHead()
    for (const event of headOf(vendor)) await reply.chunk(event)
    await Promise.race([spoken.promise, reply.closed])
    for (const event of vendor.opening('Hel').slice(-1)) await reply.chunk(event)
    await Promise.race([finished.promise, reply.closed])
    for (const event of vendor.rest('lo')) await reply.chunk(event)
    await reply.lastChunk()
  }
  return { script, speak: spoken.resolve, finish: finished.resolve }
}

async function gatewayOf(vendor: Speaker, script: UpstreamScript, config: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(script)
  return install({ providers: [provider('far', vendor, upstream.url)], ...config })
}

/** The clock of the gateway, which is this process, is later than it was by more than the log rounds off. */
async function laterThan(time: number): Promise<void> {
  while (performance.now() < time + 1) await setImmediate()
}

async function readHead(answer: OpenAnswer): Promise<void> {
  await answer.next()
  await laterThan(performance.now())
}

describe.each(PAIRS)('the first token of a stream ($vendor.type to a client of $client.type)', ({ client, vendor }) => {
  const model = `far/${vendor.model}`

  it('comes with the first text, and not with the head', async () => {
    const { script, speak, finish } = heldVendor(vendor)
    const gateway = await gatewayOf(vendor, script)
    const answer = await generateOpen(gateway, client, model)
    await readHead(answer)
    speak()
    finish()
    await answer.until(() => false)
    const { byte, token } = await timesOf(gateway, answer.headers)
    expect(byte).toBeGreaterThan(0)
    expect(token).toBeGreaterThan(byte ?? Infinity)
  })

  it('never came where the client left behind the head', async () => {
    const gateway = await gatewayOf(vendor, heldVendor(vendor).script)
    const answer = await generateOpen(gateway, client, model)
    await readHead(answer)
    answer.leave()
    const { byte, token } = await timesOf(gateway, answer.headers)
    expect(byte).toBeGreaterThan(0)
    expect(token).toBeNull()
  })

  it('is none in a stream without content, and in a whole answer', async () => {
    const gateway = await gatewayOf(vendor, saying(vendor, ''))
    const empty = await generate(gateway, client, model, { stream: true })
    expect(await timesOf(gateway, empty.headers)).toEqual({ byte: expect.any(Number) as number, token: null })
    const told = await gatewayOf(vendor, saying(vendor, 'Hello'))
    const whole = await generate(told, client, model)
    expect(await timesOf(told, whole.headers)).toEqual({ byte: expect.any(Number) as number, token: null })
  })

  it('may be a thought, or the name of a tool', async () => {
    const beginnings =
      vendor === messages
        ? [
            messagesVendor.blockEvents([{ type: 'thinking', thinking: 'Hm.', signature: 'abc' }]),
            [messagesVendor.blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} })],
          ]
        : [[chatVendor.delta({ reasoning_content: 'Hm.' })], [chatVendor.call(0, 'call_1', 'look')]]
    for (const beginning of beginnings) {
      const gateway = await gatewayOf(vendor, async (_asked, reply) => {
        await reply.streamHead()
        for (const event of [...headOf(vendor).slice(0, 1), ...beginning]) await reply.chunk(event)
        reply.reset()
      })
      const answer = await generate(gateway, client, model, { stream: true })
      const { byte, token } = await timesOf(gateway, answer.headers)
      expect(token).toBeGreaterThanOrEqual(byte ?? Infinity)
    }
  })

  it('is that of each client where several share a call', async () => {
    const { script, speak, finish } = heldVendor(vendor)
    const gateway = await gatewayOf(vendor, script)
    const open = (): Promise<OpenAnswer> => generateOpen(gateway, client, model, COLD)
    const [first, leaver] = [await open(), await open()]
    await Promise.all([readHead(first), readHead(leaver)])
    leaver.leave()
    expect((await timesOf(gateway, leaver.headers)).token).toBeNull()
    speak()
    await first.until(({ text }) => text.includes('Hel'))
    const late = await open()
    finish()
    await Promise.all([first, late].map((answer) => answer.until(() => false)))
    const shares = [first, leaver, late].map(({ headers }) => headers['x-ucr-cache'])
    expect(shares).toEqual(['miss', 'coalesced', 'coalesced'])
    const { byte, token } = await timesOf(gateway, first.headers)
    expect(token).toBeGreaterThan(byte ?? Infinity)
    // What came before it came gets who comes late at once.
    const { byte: lateByte, token: lateToken } = await timesOf(gateway, late.headers)
    expect(lateToken).toBe(lateByte)
  })

  it('comes with the first byte where a kept answer is given as a stream', async () => {
    for (const words of ['Hello', '']) {
      const gateway = await gatewayOf(vendor, saying(vendor, words))
      await generate(gateway, client, model, COLD)
      for (let count = 0; count < 2; count++) {
        const hit = await generate(gateway, client, model, { ...COLD, stream: true })
        expect(hit.headers['x-ucr-cache']).toBe('hit')
        const { byte, token } = await timesOf(gateway, hit.headers)
        expect(token).toBe(words === '' ? null : byte)
      }
    }
  })
})

it('a ping of the gateway is the first byte of a stream, and not its first token', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const gateway = await gatewayOf(
    messages,
    async (asked, reply) => {
      await promise
      await saying(messages, 'Hello')(asked, reply)
    },
    { server: { pingInterval: '30ms' } },
  )
  const answer = await generateOpen(gateway, messages, `far/${messages.model}`)
  await answer.until((event) => messages.isPing(event))
  await laterThan(performance.now())
  resolve()
  await answer.until(() => false)
  const { byte, token } = await timesOf(gateway, answer.headers)
  expect(token).toBeGreaterThan(byte ?? Infinity)
})

it('a stream of Claude Code has a first token', async () => {
  const program = standInClaude(temporaryFolder())
  const code = { id: 'code', type: 'claude-code', command: program.path, models: ['sonnet'] }
  const gateway = await install({ providers: [code] }, { environment: { ANTHROPIC_API_KEY: 'sk-ant-0123456789' } })
  for (const client of [messages, chat]) {
    const answer = await generate(gateway, client, 'code/sonnet', { stream: true })
    expect(answer.status, answer.text).toBe(200)
    const { byte, token } = await timesOf(gateway, answer.headers)
    expect(byte).toBeGreaterThan(0)
    expect(token).toBeGreaterThanOrEqual(byte ?? Infinity)
  }
})

it('the first token is in the figures, apart from the first byte', async () => {
  const gateway = await gatewayOf(chat, saying(chat, 'Hello'))
  const quiet = (await adminOf(gateway).read('overview')).json()
  expect(quiet['firstToken']).toBeNull()
  const answer = await generate(gateway, chat, `far/${chat.model}`, { stream: true })
  const { token } = await timesOf(gateway, answer.headers)
  const { firstToken } = (await adminOf(gateway).read('overview')).json() as { firstToken: Record<string, number> }
  expect(firstToken['average']).toBeCloseTo(token ?? NaN, 0)
  expect(firstToken['p99']).toBeGreaterThan(0)
  const { data } = (await adminOf(gateway).read('requests')).json() as { data: Json[] }
  expect(data[0]?.['timeToFirstToken']).toBeCloseTo(token ?? NaN, 0)
})
