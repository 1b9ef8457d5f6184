import { describe, expect, it } from 'vitest'
import { usedHeap } from '../support/used-heap.ts'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import type { TestGateway } from '../support/gateway.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const CLAUDE = 'claude-2.1'

/** Two accounts at one vendor of each protocol; the Chat vendor has a Claude, whose tokens are counted here. */
async function installed(script: UpstreamScript | null = null): Promise<TestGateway> {
  const one = await vendorOf(script ?? saying(messages, 'Hello'))
  const two = await vendorOf(script ?? saying(chat, 'Hello'))
  return install({
    providers: [
      provider('m1', messages, one.url),
      provider('m2', messages, one.url),
      provider('c', chat, two.url, { models: [chat.model, CLAUDE] }),
    ],
  })
}

const MANY = 100_000

/**
 * Whoever may ask can stop all others where the time for a request grows with its square: each of these would take
 * minutes, in which nobody is answered. They are large enough for that to end in the limit of a test.
 */
describe('a request that is made to take long is answered all the same:', () => {
  it.each<[string, (gateway: TestGateway) => Promise<Answer>]>([
    [
      "a user's id that looks like many sessions",
      (gateway) => {
        const metadata = { user_id: `${'_session_x'.repeat(MANY * 2)}.` }
        return generate(gateway, messages, messages.model, { metadata })
      },
    ],
    ['many newlines whose tokens are counted', (gateway) => counted(gateway, `${'\n'.repeat(30_000)}x`.repeat(100))],
    ['many dashes whose tokens are counted', (gateway) => counted(gateway, '-'.repeat(2_000_000))],
  ])('%s', async (_, send) => {
    expect((await send(await installed())).status).toBe(200)
  })

  const counted = (gateway: TestGateway, content: string): Promise<Answer> =>
    ask(`${gateway.url}/v1/messages/count_tokens`, {
      headers: messages.headers,
      body: { model: `c/${CLAUDE}`, messages: [{ role: 'user', content }] },
    })

  it.each(['a'.repeat(1_000_000), 'eyJ-'.repeat(500_000), `${' \n'.repeat(500_000)}x`])(
    "a vendor's message without end (%#)",
    async (message) => {
      const gateway = await installed(async (_asked, reply) => {
        await reply.streamHead()
        await reply.chunk(`data: ${JSON.stringify({ error: { message } })}\n\n`)
      })
      const answer = await generate(gateway, chat, `c/${chat.model}`, { stream: true })
      expect(answer.text.length).toBeLessThan(10_000)
      expect(answer.text).toContain('error')
    },
  )

  it('JSON of the plain routes that is nested too deep is refused', async () => {
    const gateway = await installed()
    const deep = `${'{"a":'.repeat(MANY)}1${'}'.repeat(MANY)}`
    for (const path of ['/v1/compatibility', '/v1/models/validate', '/v1/sessions']) {
      const answer = await ask(gateway.url + path, {
        method: 'POST',
        body: `{"model":"${chat.model}","metadata":${deep}}`,
      })
      expect([answer.status, answer.headers['x-ucr-error']], path).toEqual([400, 'invalid_json'])
    }
  })
})

describe('what clients choose is not kept without limit:', () => {
  const MEGABYTE = 1024 * 1024

  /** Bytes that so many requests leave behind. */
  async function leftBehind(count: number, send: (at: number) => Promise<Answer>): Promise<number> {
    for (let at = 0; at < 2; at++) await send(-1 - at)
    const before = await usedHeap()
    for (let at = 0; at < count; at++) expect((await send(at)).status).toBe(200)
    return (await usedHeap()) - before
  }

  it.each<[string, (gateway: TestGateway, at: number) => Promise<Answer>]>([
    ['names of models', (gateway, at) => generate(gateway, chat, `c/${at}-${'x'.repeat(MEGABYTE)}`)],
    [
      'requests whose answers are',
      (gateway, at) =>
        generate(gateway, messages, messages.model, { temperature: 0, system: `${at} ${'x'.repeat(MEGABYTE)}` }),
    ],
  ])('%s', async (_, send) => {
    const gateway = await installed()
    expect(await leftBehind(8, (at) => send(gateway, at))).toBeLessThan(4 * MEGABYTE)
  })
})
