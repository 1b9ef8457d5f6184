import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask, askOpen } from '../support/ask.ts'
import type { Answer, Json, OpenAnswer } from '../support/ask.ts'
import { FakeClock, NO_FAKE_CLOCK } from '../support/fake-clock.ts'
import { provider, vendorOf } from '../support/install.ts'
import { NO_OWN_NAMES, OwnNames } from '../support/own-names.ts'
import { RawClient, postOf } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr, RunOptions } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

interface Running {
  readonly gateway: RunningUcr
  readonly url: string
}

async function started(config: object, options: RunOptions = {}): Promise<Running> {
  await machine.writeConfig({
    ...config,
    server: { port: 0, ...('server' in config ? (config.server as object) : {}) },
  })
  const gateway = machine.start(['start'], options)
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { gateway, url }
}

function question({ url }: Running, model: string = chat.model, key: string | null = null): Promise<Answer> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` }
  return ask(`${url}${chat.path}`, { headers, body: chat.request(model) })
}

/** A vendor that begins every stream and ends it when it is told to. */
async function halfway(): Promise<{ readonly upstream: Upstream; readonly finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const upstream = await vendorOf(async (asked, reply) => {
    if (!(asked.json() as { stream?: boolean }).stream) return saying(chat, 'Whole.')(asked, reply)
    await reply.streamHead()
    for (const event of chat.opening('Begun, ')) await reply.chunk(event)
    await Promise.race([promise, reply.closed])
    for (const event of chat.rest('ended.')) await reply.chunk(event)
    await reply.lastChunk()
  })
  return { upstream, finish: resolve }
}

async function begin({ url }: Running, headers: Readonly<Record<string, string>> = {}): Promise<OpenAnswer> {
  const answer = await askOpen(`${url}${chat.path}`, {
    headers,
    body: chat.request(`far/${chat.model}`, { stream: true }),
  })
  await answer.until(({ data }) => data.includes('Begun, '))
  return answer
}

const restOf = async (stream: OpenAnswer): Promise<string> =>
  (await stream.until(() => false)).map(({ data }) => data).join('')

describe.skipIf(NO_FAKE_CLOCK !== null)('a clock that is set', () => {
  it.each([1, 2])('cuts no stream, fills up no limit, and ends keys when they say (workers: %i)', async (workers) => {
    const clock = new FakeClock(machine.home)
    const { upstream, finish } = await halfway()
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
    const keys = [
      { name: 'always', key: 'key-for-always-0123', rateLimit: { max: 4, timeWindow: '1h' } },
      { name: 'hour', key: 'key-for-an-hour-0123', expires: inAnHour },
    ]
    const running = await started(
      {
        server: { workers },
        auth: { keys },
        providers: [provider('far', chat, upstream.url)],
      },
      { environment: clock.environment },
    )
    const stream = await begin(running, { authorization: 'Bearer key-for-always-0123' })
    expect((await question(running, chat.model, 'key-for-an-hour-0123')).status).toBe(200)
    const limited = async (): Promise<boolean> =>
      (await question(running, chat.model, 'key-for-always-0123')).status === 429
    // Several workers tell each other a moment later.
    while (!((await limited()) && (await limited()) && (await limited()))) continue
    for (const [hours, status] of [
      [2, 401],
      [-2, 200],
      [0, 200],
    ] as const) {
      clock.jump(hours)
      expect((await question(running, chat.model, 'key-for-an-hour-0123')).status, `${hours}`).toBe(status)
      for (let times = 0; times < 4; times++) expect(await limited(), `${hours}`).toBe(true)
      expect((await ask(`${running.url}/health/live`)).status).toBe(200)
    }
    finish()
    expect(await restOf(stream)).toContain('ended.')
    running.gateway.kill('SIGTERM')
    expect((await running.gateway.ended).code).toBe(0)
  })
})

/** Has one after the other begin a stream that goes on, which takes a file descriptor more, until there is none. */
async function firstRefused(clients: readonly RawClient[]): Promise<RawClient> {
  const body = JSON.stringify(chat.request(`far/${chat.model}`, { stream: true }))
  for (const client of clients) {
    const text = await client.send(postOf(chat.path, body)).until((said) => /Begun, |x-ucr-error/.test(said))
    if (!text.includes('Begun, ')) return client
  }
  throw new Error('all of them were served')
}

describe.runIf(process.platform === 'linux')('a process without file descriptors', () => {
  it.each([1, 2])(
    'says so to whom it can, blames no vendor, and goes on when there are some again (workers: %i)',
    async (workers) => {
      const { upstream, finish } = await halfway()
      // Each request needs a new connection to the vendor.
      const other = await vendorOf((_asked, reply) =>
        reply.answer(200, JSON.stringify(chat.whole('Served.')), { connection: 'close' }),
      )
      const running = await started(
        {
          // Nobody else makes room by closing connections on which nothing comes.
          server: { workers, headerTimeout: '10m' },
          cache: { coalesce: false },
          providers: [provider('far', chat, upstream.url), provider('other', chat, other.url)],
        },
        { through: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'] },
      )
      const port = Number(new URL(running.url).port)
      const stream = await begin(running)
      const early = await Promise.all(Array.from({ length: 30 }, () => RawClient.open(port)))
      const idle: RawClient[] = []
      for (let count = 0; count < 200; count++) idle.push(await RawClient.open(port))
      const refused = await firstRefused(early)
      const answer = await refused.answer()
      expect(answer.status, answer.body).toBe(503)
      expect(answer.headers).toMatchObject({ 'x-ucr-error': 'overloaded', 'retry-after': '1' })
      for (const client of idle) client.destroy()
      const asked = (): Promise<Answer | null> => question(running, `other/${chat.model}`).catch(() => null)
      while ((await asked())?.status !== 200) continue
      const body = JSON.stringify(chat.request(`other/${chat.model}`))
      expect((await refused.send(postOf(chat.path, body)).answer()).status).toBe(200)
      for (const client of early) client.destroy()
      finish()
      expect(await restOf(stream)).toContain('ended.')
      const { deployments } = (await ask(`${running.url}/health/detailed`)).json() as { deployments: readonly Json[] }
      running.gateway.kill('SIGTERM')
      const { code, stdout } = await running.gateway.ended
      expect(code).toBe(0)
      const failed = stdout.split('\n').filter((line) => line.includes('"msg":"attempt failed"'))
      expect(failed.filter((line) => !line.includes('EMFILE'))).toEqual([])
      expect(deployments.filter(({ state, failures }) => state !== 'closed' || failures !== 0)).toEqual([])
    },
  )
})

describe.skipIf(NO_OWN_NAMES !== null)('a resolver that is dead', () => {
  it('takes no vendor with it that was known, and of the others only them', async () => {
    const names = new OwnNames(machine.home, ['vendor.test'])
    const upstream = await vendorOf((_asked, reply) =>
      // Each request needs a new connection, and each of these an address.
      reply.answer(200, JSON.stringify(chat.whole('Still here.')), { connection: 'close' }),
    )
    const running = await started(
      {
        providers: [
          provider('known', chat, `http://vendor.test:${upstream.port}`),
          provider('unknown', chat, `http://elsewhere.test:${upstream.port}`),
        ],
        models: {
          steady: `known/${chat.model}`,
          lost: `unknown/${chat.model}`,
          any: [`unknown/${chat.model}`, `known/${chat.model}`],
        },
        upstream: { dns: { ttl: '1ms' } },
        cache: { enabled: false },
        retry: { attempts: 1 },
      },
      { through: names.command },
    )
    const first = await question(running, 'steady')
    expect(first.status, first.text).toBe(200)
    names.set([])
    for (let times = 0; times < 3; times++) {
      expect(chat.wordsOf(await question(running, 'steady'))).toBe('Still here.')
    }
    const { dns } = (await ask(`${running.url}/debug/metrics`)).json() as { dns: Json }
    expect(Number(dns['stale'])).toBeGreaterThan(0)
    const lost = await question(running, 'lost')
    expect(lost.status).toBe(502)
    expect(lost.headers['x-ucr-error']).toBe('upstream_unreachable')
    const fallen = await question(running, 'any')
    expect(chat.wordsOf(fallen)).toBe('Still here.')
    expect(fallen.headers['x-ucr-provider']).toBe('known')
  })
})

describe('a JSON of 50 MB', () => {
  it('is refused before it comes, and others are served meanwhile', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    const running = await started({ providers: [provider('far', chat, upstream.url)] })
    const port = Number(new URL(running.url).port)
    const huge = await RawClient.open(port)
    const length = 50 * 1024 * 1024
    huge.send(
      `POST ${chat.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n{"model":`,
    )
    expect(chat.wordsOf(await question(running))).toBe('Served.')
    expect((await huge.answer()).status).toBe(413)
    huge.destroy()
    // In chunks, it is known only as it comes.
    const chunked = await RawClient.open(port)
    chunked.send(
      `POST ${chat.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
    const chunk = Buffer.from(`100000\r\n${'['.repeat(0x100000)}\r\n`)
    for (let count = 0; count < 50; count++) chunked.send(chunk)
    expect(chat.wordsOf(await question(running))).toBe('Served.')
    expect((await chunked.answer()).status).toBe(413)
    chunked.destroy()
  })
})

describe('a gateway that is told to stop', () => {
  it('ends at once when it is told again, however long its requests may take', async () => {
    const { upstream } = await halfway()
    const running = await started({
      server: { drainTimeout: '1h' },
      providers: [provider('far', chat, upstream.url)],
    })
    const stream = await begin(running)
    running.gateway.kill('SIGTERM')
    await running.gateway.printed(/Stopping/)
    running.gateway.kill('SIGINT')
    expect((await running.gateway.ended).code).toBe(130)
    await expect(restOf(stream)).rejects.toThrow()
  })

  it('ends though a custom router left something running', async () => {
    const router = join(machine.home, 'router.mjs')
    await writeFile(router, 'setInterval(() => {}, 1000)\nexport default () => null\n')
    const upstream = await vendorOf(saying(chat, 'Served.'))
    const running = await started({
      providers: [provider('far', chat, upstream.url)],
      router: { customRouter: router },
    })
    expect(chat.wordsOf(await question(running))).toBe('Served.')
    running.gateway.kill('SIGTERM')
    expect((await running.gateway.ended).code).toBe(0)
  })
})

describe('several workers', () => {
  it('all keep their config where the next one is broken, and say so once', async () => {
    const { upstream, finish } = await halfway()
    const good = { server: { port: 0, workers: 2 }, providers: [provider('far', chat, upstream.url)] }
    const running = await started(good)
    const streams = [await begin(running), await begin(running)]
    await machine.writeConfig(JSON.stringify({ ...good, models: { never: `far/${chat.model}` } }).slice(0, -3))
    await running.gateway.printed(/config has errors; the one before stays in use/)
    for (let times = 0; times < 4; times++) expect((await question(running)).status).toBe(200)
    await machine.writeConfig({ ...good, models: { renamed: `far/${chat.model}` } })
    await running.gateway.printed(/config reloaded/)
    while ((await question(running, 'renamed')).status !== 200) continue
    finish()
    for (const stream of streams) expect(await restOf(stream)).toContain('ended.')
    running.gateway.kill('SIGTERM')
    const { code, stdout, stderr } = await running.gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`.match(/config has errors/g)).toHaveLength(1)
  })
})
