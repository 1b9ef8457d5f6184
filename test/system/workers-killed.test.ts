import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { childrenOf } from '../support/children.ts'
import { provider, vendorOf } from '../support/install.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

interface Running {
  readonly gateway: RunningUcr
  readonly url: string
}

async function started(machine: UserMachine, config: object): Promise<Running> {
  const upstream = await vendorOf(saying(chat, 'Yes.'))
  await machine.writeConfig({
    server: { port: 0, workers: 2 },
    providers: [provider('far', chat, upstream.url)],
    ...config,
  })
  const gateway = machine.start(['start'])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { gateway, url }
}

/** Clients that ask one thing after the other, until they are told to end. */
class Load {
  readonly #clients: Promise<unknown>
  #over = false

  constructor(clients: number, step: (client: number) => Promise<void>) {
    this.#clients = Promise.all(Array.from({ length: clients }, (_, client) => this.#run(client, step)))
  }

  async end(): Promise<void> {
    this.#over = true
    await this.#clients
  }

  async #run(client: number, step: (client: number) => Promise<void>): Promise<void> {
    while (!this.#over) await step(client)
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

async function killOne({ gateway }: Running): Promise<void> {
  process.kill(childrenOf(gateway.pid)[0] ?? 0, 'SIGKILL')
  await gateway.printed(/a worker took the place of one that ended/)
}

describe('a worker that is killed under load', () => {
  let machine: UserMachine

  beforeEach(async () => {
    machine = await UserMachine.create()
  })

  afterEach(() => machine.close())

  it('takes no count with it that was shown, and of the others those since its last word', async () => {
    const running = await started(machine, {})
    const state = { answered: 0, askedAt: 0 }
    const load = new Load(6, async () => {
      const answer = await ask(`${running.url}${chat.path}`, { body: chat.request(chat.model) }).catch(() => null)
      if (answer?.status === 200 && !answer.cut) state.answered++
    })
    const shown: number[] = []
    const pages = new Load(1, async () => {
      const { answered } = state
      const page = await ask(`${running.url}/debug/metrics`).catch(() => null)
      if (page?.status !== 200 || page.cut) return
      const { providers } = page.json() as { providers: { far?: { requests: number } } }
      shown.push(providers.far?.requests ?? 0)
      state.askedAt = answered
    })
    await until(() => state.answered > 100 && shown.length > 3)
    const { askedAt } = state
    await killOne(running)
    // Nobody knows when exactly it died, and it is less than all that came since the page before.
    const lost = state.answered - askedAt
    await until(() => state.answered > 100 + askedAt + lost)
    await load.end()
    const { answered } = state
    const pagesBefore = shown.length
    await until(() => shown.length > pagesBefore + 2)
    await pages.end()
    expect(shown).toEqual(shown.toSorted((a, b) => a - b))
    expect(shown.at(-1)).toBeGreaterThanOrEqual(answered - lost)
    // Both of them had their part.
    expect(shown.at(-1)).toBeGreaterThan(100)
  })

  it('leaves a limit as it is for the one that comes in its place', async () => {
    const max = 40
    const running = await started(machine, { server: { port: 0, workers: 2, rateLimit: { max, timeWindow: '1h' } } })
    const statuses: number[] = []
    const step = async (): Promise<void> => {
      const answer = await ask(`${running.url}${chat.path}`, { body: chat.request(chat.model) }).catch(() => null)
      if (answer !== null) statuses.push(answer.status)
    }
    const allowed = (): number => statuses.filter((status) => status === 200).length
    const refusedInARow = (): boolean => statuses.length > 20 && statuses.slice(-20).every((status) => status === 429)
    const first = new Load(1, step)
    await until(refusedInARow)
    await first.end()
    const before = allowed()
    for (let times = 0; times < 2; times++) await killOne(running)
    const second = new Load(1, step)
    const count = statuses.length
    await until(() => statuses.length > count + 20)
    await second.end()
    expect(allowed()).toBe(before)
  })

  /** Each client has a session, and asks on in it whatever happens. */
  async function keepsTurns(running: Running): Promise<void> {
    const turns = Array.from({ length: 4 }, (): string[] => [])
    let answered = 0
    const load = new Load(turns.length, async (client) => {
      const asked = turns[client] ?? []
      const content = `question ${answered}-${client}-${asked.length}`
      const stream = asked.length % 2 === 0
      const answer = await ask(`${running.url}${chat.path}`, {
        body: chat.request(chat.model, {
          stream,
          session_id: `talk-${client}`,
          messages: [{ role: 'user', content }],
        }),
      }).catch(() => null)
      const isWhole = answer?.status === 200 && !answer.cut && (!stream || answer.text.includes('[DONE]'))
      if (!isWhole) return
      asked.push(content)
      answered++
    })
    for (const enough of [40, 80]) {
      await until(() => answered > enough)
      await killOne(running)
    }
    await until(() => answered > 120)
    await load.end()
    for (const [client, asked] of turns.entries()) {
      const page = await ask(`${running.url}/v1/sessions/talk-${client}`)
      const { messages } = page.json() as { messages: { role: string; content: string }[] }
      const kept = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
      // Also what was kept and of which the client did not see the end: nothing is missing, and the order is the same.
      expect(kept.filter((content) => asked.includes(content))).toEqual(asked)
      expect(messages.filter(({ role }) => role === 'assistant')).toHaveLength(kept.length)
    }
  }

  it('takes no turn of a session with it that a client saw answered, in SQLite', async () => {
    await keepsTurns(await started(machine, { sessions: { store: 'sqlite' } }))
  })

  describe.skipIf(NO_REDIS !== null)('with Redis', () => {
    let server: RedisServer

    beforeEach(async () => {
      server = await RedisServer.start()
    })

    afterEach(() => server.close())

    it('takes no turn with it either', async () => {
      await keepsTurns(await started(machine, { sessions: { store: 'redis' }, redis: { url: server.url } }))
    })

    it('nor a request out of its order, of two gateways with two workers each', async () => {
      const other = await UserMachine.create()
      const upstream = await vendorOf(saying(chat, 'Yes.'))
      const config = {
        sessions: { store: 'redis' },
        redis: { url: server.url },
        providers: [provider('far', chat, upstream.url)],
      }
      const [one, two] = [await started(machine, config), await started(other, config)]
      const body = chat.request(chat.model, { session_id: 'talk' })
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) => ask(`${(index % 2 === 0 ? one : two).url}${chat.path}`, { body })),
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const lengths = upstream.requests.map((asked) => (asked.json() as { messages: unknown[] }).messages.length)
      expect(lengths).toEqual(answers.map((_, index) => 2 * index + 1))
      const client = new Redis(server.url)
      expect(await client.llen('session:local:talk:turns')).toBe(16)
      client.disconnect()
      await other.close()
    })
  })
})
