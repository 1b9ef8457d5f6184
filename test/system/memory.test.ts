import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ask, askOpen } from '../support/ask.ts'
import type { Answer, Json, OpenAnswer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { memoryGroup } from '../support/memory-group.ts'
import { EVERY_SPEAKER, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const MODEL = `far/${chat.model}`

/** Whatever is in memory is too much. */
const FULL = { threshold: 0.000_001, resumeBelow: 0, interval: '20ms' } as const

describe('memory that runs short', () => {
  async function installed(): Promise<{ readonly gateway: TestGateway; readonly config: ConfigFile }> {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const config: ConfigFile = { providers: [provider('far', chat, upstream.url)] }
    return { gateway: await install(config), config }
  }

  const pressure = async (gateway: TestGateway): Promise<Json> =>
    (await ask(`${gateway.url}/debug/metrics`)).json()['memoryPressure'] as Json

  it('costs the warm caches, is logged once, and refuses nothing yet', async () => {
    const { gateway, config } = await installed()
    const cached = (): Promise<Answer> => generate(gateway, chat, MODEL, { temperature: 0 })
    await recordOf(gateway, (await cached()).headers['x-request-id'])
    expect((await cached()).headers['x-ucr-cache']).toBe('hit')
    await gateway.rewrite({ ...config, memory: { ...FULL, shedAbove: 1 } })
    const line = await gateway.logged(({ alert }) => alert === 'pressure')
    expect(line).toMatchObject({ level: 'warn', limit: expect.stringMatching(/^(?:heap|cgroup)$/) as unknown })
    const answer = await cached()
    expect(answer.status).toBe(200)
    expect(answer.headers['x-ucr-cache']).toBe('miss')
    for (let count = 0; count < 5; count++) await cached()
    expect(gateway.log.filter(({ alert }) => alert === 'pressure')).toHaveLength(1)
    expect(await pressure(gateway)).toMatchObject({ underPressure: true, shedding: false, events: 1 })
  })

  it('is over when there is enough again, which is said', async () => {
    const { gateway, config } = await installed()
    await gateway.rewrite({ ...config, memory: { ...FULL, shedAbove: 1 } })
    await gateway.logged(({ alert }) => alert === 'pressure')
    await gateway.rewrite({ ...config, memory: { interval: '20ms', threshold: 1, resumeBelow: 1, shedAbove: 1 } })
    await gateway.logged(({ alert }) => alert === 'relieved')
    expect(await pressure(gateway)).toMatchObject({ underPressure: false, events: 1 })
  })

  it.each(EVERY_SPEAKER)('and is nearly full is told to clients of $protocol in their own words', async (client) => {
    const { gateway, config } = await installed()
    await gateway.rewrite({ ...config, memory: { ...FULL, shedAbove: FULL.threshold, interval: '1h' } })
    const refused = await generate(gateway, client, MODEL)
    expect(refused.status).toBe(503)
    expect(client.errorOf(refused)).toMatchObject({ type: 'overloaded_error' })
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'overloaded', 'x-should-retry': 'true', 'retry-after': '1' })
    expect(await recordOf(gateway, refused.headers['x-request-id'])).toMatchObject({ errorCode: 'overloaded' })
    for (const path of ['/health', '/health/live', '/metrics']) {
      expect((await ask(`${gateway.url}${path}`)).status, path).toBe(200)
    }
    const page = (await ask(`${gateway.url}/debug/metrics`)).json()
    expect(page['admission']).toMatchObject({ rateLimited: 0, overloaded: 1 })
    await gateway.rewrite(config)
    expect((await generate(gateway, client, MODEL)).status).toBe(200)
  })

  it('ends no stream that is under way', async () => {
    const { upstream, finish } = await holding()
    const config: ConfigFile = { providers: [provider('far', chat, upstream.url)] }
    const gateway = await install(config)
    const stream = await generateOpen(gateway, chat, MODEL)
    await stream.until(({ data }) => data.includes('Begun, '))
    await gateway.rewrite({ ...config, memory: { ...FULL, shedAbove: FULL.threshold, interval: '1h' } })
    expect((await generate(gateway, chat, MODEL)).status).toBe(503)
    finish()
    expect(await endOf(stream)).toContain('ended.')
  })
})

describe('a gateway with little memory', () => {
  let machine: UserMachine

  beforeEach(async () => {
    machine = await UserMachine.create()
  })

  afterEach(() => machine.close())

  it('refuses requests before its heap is full, ends no stream, and goes on', async () => {
    const { running, url, finish } = await started('--max-old-space-size=64 --expose-gc')
    await expectSurvival(url, finish)
    expect(await running.printed(/"alert":"pressure","limit":"heap"/)).not.toBeNull()
  })

  // Skipped where no control group can be made: that takes rights which containers seldom give.
  const group = memoryGroup(512 * 1024 * 1024)
  it.skipIf(group === null)('refuses requests before its control group ends it', async () => {
    onTestFinished(() => group?.remove())
    const { running, url, finish } = await started('--max-old-space-size=2048 --expose-gc', undefined, (pid) =>
      group?.take(pid),
    )
    await expectSurvival(url, finish)
    expect(await running.printed(/"alert":"pressure","limit":"cgroup"/)).not.toBeNull()
    running.kill('SIGKILL')
    await running.ended
  })

  const KINDS = [
    { kind: 'alone', more: {} },
    { kind: 'as one that others can join', more: { temperature: 0 } },
  ]
  it.each(EVERY_SPEAKER.flatMap((client) => KINDS.map((kind) => ({ protocol: client.protocol, client, ...kind }))))(
    'holds no request of $protocol, asked $kind, any longer than until its answer begins',
    async ({ client, more }) => {
      const flags = `--import=data:text/javascript,${encodeURIComponent(TELLS_MEMORY)}`
      const { running, url, finish } = await started(flags, { coalesce: true })
      const used = async (nth: number): Promise<number> => {
        running.kill('SIGUSR2')
        const [, bytes] = await running.printed(new RegExp(`used ${nth}: (\\d+)`))
        return Number(bytes)
      }
      const open = async (content: string): Promise<OpenAnswer> => {
        const body = client.request(MODEL, { stream: true, messages: [{ role: 'user', content }], ...more })
        const stream = await askOpen(`${url}${client.path}`, { headers: client.headers, body })
        await stream.until(({ data }) => data.includes('Begun, '))
        return stream
      }
      const streams = [await open('Hello')]
      const before = await used(1)
      while (streams.length < 40) streams.push(await open('x'.repeat(MEGABYTE)))
      expect((await used(2)) - before).toBeLessThan(10 * MEGABYTE)
      finish()
      for (const stream of streams) expect(await endOf(stream)).toContain('ended.')
    },
  )

  async function started(
    flags: string,
    cache: Json = { coalesce: false },
    place: (pid: number) => void = () => {},
  ): Promise<{ readonly running: RunningUcr; readonly url: string; readonly finish: () => void }> {
    const { upstream, finish } = await holding()
    await machine.writeConfig({
      server: { port: 0 },
      cache,
      providers: [provider('far', chat, upstream.url)],
    })
    const running = machine.start(['start'], { environment: { NODE_OPTIONS: flags } })
    place(running.pid)
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    return { running, url, finish }
  }

  /** Sends far more than there is memory for, until memory is short and requests are refused. */
  async function expectSurvival(url: string, finish: () => void): Promise<void> {
    const stream = await askOpen(`${url}${chat.path}`, { body: chat.request(MODEL, { stream: true }) })
    await stream.until(({ data }) => data.includes('Begun, '))
    const large = JSON.stringify(messages.request(MODEL, { messages: [{ role: 'user', content: PARTS }] }))
    const question = (body: string): Promise<Answer> =>
      ask(`${url}${messages.path}`, { headers: messages.headers, body })
    const answers: Promise<Answer>[] = []
    const refusals: Answer[] = []
    const isShort = async (): Promise<boolean> =>
      Number(((await ask(`${url}/debug/metrics`)).json()['memoryPressure'] as Json)['events']) > 0
    while (refusals.length === 0 || !(await isShort())) {
      for (let count = 0; count < 100; count++) {
        const coming = question(large)
        answers.push(coming)
        void coming.then((answer) => answer.status === 503 && refusals.push(answer))
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const refused = refusals[0]!
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'overloaded', 'retry-after': '1' })
    expect(messages.errorOf(refused)).toMatchObject({ type: 'overloaded_error' })
    finish()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect(await endOf(stream)).toContain('ended.')
    const small = JSON.stringify(messages.request(MODEL))
    while ((await question(small)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

const MEGABYTE = 1024 * 1024

/** Has a process print, at each SIGUSR2, the bytes of what it still needs. */
const TELLS_MEMORY = `
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'
  let count = 0
  process.on('SIGUSR2', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc')
    for (let round = 0; round < 3; round++) collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    console.error('used ' + ++count + ': ' + (heapUsed + arrayBuffers))
  })`

/** 400 KB that are many objects once they are read. */
const PARTS = Array.from({ length: 400 }, (_, index) => ({ type: 'text', text: `${'x'.repeat(1000)}${index}` }))

/** A vendor that ends no answer before it is told to, and begins only streams. */
async function holding(): Promise<{ readonly upstream: Upstream; readonly finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const upstream = await vendorOf(async (asked, reply) => {
    if (!wantsStream(asked)) {
      await promise
      return saying(chat, 'Whole.')(asked, reply)
    }
    await reply.streamHead()
    for (const event of chat.opening('Begun, ')) await reply.chunk(event)
    await Promise.race([promise, reply.closed])
    for (const event of chat.rest('ended.')) await reply.chunk(event)
    await reply.lastChunk()
  })
  return { upstream, finish: resolve }
}

async function endOf(stream: OpenAnswer): Promise<string> {
  return (await stream.until(() => false)).map(({ data }) => data).join('')
}
