import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask, askOpen } from '../support/ask.ts'
import type { OpenAnswer } from '../support/ask.ts'
import { generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { RawClient, getOf, postOf } from '../support/raw-client.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

/** A gateway as a process, before vendors of this process. */
async function start(
  vendors: readonly { readonly id: string; readonly vendor: Speaker; readonly upstream: Upstream }[],
  server: object,
): Promise<{ readonly gateway: RunningUcr; readonly url: string }> {
  await machine.writeConfig({
    server: { port: 0, ...server },
    providers: vendors.map(({ id, vendor, upstream }) => provider(id, vendor, upstream.url)),
  })
  const gateway = machine.start(['start'])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { gateway, url }
}

/** A vendor that begins every stream and waits with the rest. */
async function halfway(vendor: Speaker): Promise<{ readonly upstream: Upstream; readonly finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const upstream = await vendorOf(async (_asked, reply) => {
    await reply.streamHead()
    for (const event of vendor.opening('Begun before, ')) await reply.chunk(event)
    await Promise.race([promise, reply.closed])
    for (const event of vendor.rest('ended after.')) await reply.chunk(event)
    await reply.lastChunk()
  })
  return { upstream, finish: resolve }
}

interface Begun {
  readonly client: Speaker
  readonly answer: OpenAnswer
  readonly before: readonly ReceivedEvent[]
}

async function begin(url: string, client: Speaker, model: string): Promise<Begun> {
  const body = client.request(model, { stream: true })
  const answer = await askOpen(`${url}${client.path}`, { headers: client.headers, body })
  return { client, answer, before: await answer.until(({ data }) => data.includes('Begun before, ')) }
}

/** All events of a stream that had begun. */
async function wholeOf({ answer, before }: Begun): Promise<{ text: string; events: readonly ReceivedEvent[] }> {
  return { text: '', events: [...before, ...(await answer.until(() => false))] }
}

async function connects(url: string): Promise<boolean> {
  try {
    ;(await RawClient.open(Number(new URL(url).port))).destroy()
    return true
  } catch {
    return false
  }
}

describe('a gateway that is told to stop', () => {
  it('finishes forty streams, says so to load balancers meanwhile, and then takes nobody', async () => {
    const { upstream, finish } = await halfway(messages)
    const quick = await vendorOf(saying(chat, 'Still served.'))
    const { gateway, url } = await start(
      [
        { id: 'far', vendor: messages, upstream },
        { id: 'quick', vendor: chat, upstream: quick },
      ],
      { drainGrace: '2s' },
    )
    const streams = await Promise.all(
      Array.from({ length: 40 }, (_, index) => begin(url, index % 2 === 0 ? chat : messages, 'far/claude-sonnet-5')),
    )
    const idle = await RawClient.open(Number(new URL(url).port))
    expect((await idle.send(getOf('/health/live')).answer()).status).toBe(200)
    gateway.kill('SIGTERM')
    await gateway.printed(/Stopping/)
    const ready = await ask(`${url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(ready.json()).toEqual({ status: 'not-ready', reason: 'shutting down' })
    expect((await ask(`${url}/health/live`)).status).toBe(200)
    const late = await ask(`${url}${chat.path}`, { body: chat.request('quick/gpt-5.5') })
    expect(chat.wordsOf(late)).toBe('Still served.')
    expect(late.headers['connection']).toBe('close')
    // When it stops to listen, it lets go of those who ask for nothing more.
    await idle.all()
    idle.destroy()
    expect(await connects(url)).toBe(false)
    finish()
    const words = await Promise.all(streams.map(async (begun) => begun.client.wordsOf(await wholeOf(begun))))
    expect(new Set(words)).toEqual(new Set(['Begun before, ended after.']))
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    // The streams, and what was asked during the grace.
    expect(`${stdout}${stderr}`).toContain('Stopped: 43 finished, 0 cut')
  })

  it('ends what takes too long in the words of each client', async () => {
    const { upstream } = await halfway(messages)
    const silent = await vendorOf(() => {})
    const { gateway, url } = await start(
      [
        { id: 'far', vendor: messages, upstream },
        { id: 'silent', vendor: chat, upstream: silent },
      ],
      { drainTimeout: '300ms' },
    )
    const streams = await Promise.all(EVERY_SPEAKER.map((client) => begin(url, client, 'far/claude-sonnet-5')))
    const waiting = ask(`${url}${chat.path}`, { body: chat.request('silent/gpt-5.5') })
    await silent.nextRequest()
    gateway.kill('SIGTERM')
    for (const begun of streams) {
      const error = begun.client.errorOf(await wholeOf(begun))
      expect(error).toMatchObject({ type: 'overloaded_error', message: 'The gateway is shutting down.' })
    }
    const refused = await waiting
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'x-ucr-error': 'draining', connection: 'close' })
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).toContain('Stopped: 0 finished, 3 cut')
  })

  it('loses no request that it took', async () => {
    const upstream = await vendorOf(saying(messages, 'Served.'))
    const { gateway, url } = await start([{ id: 'far', vendor: messages, upstream }], {})
    const served: string[] = []
    const busy = Promise.withResolvers<void>()
    const load = async (client: Speaker): Promise<void> => {
      const body = JSON.stringify(client.request('far/claude-sonnet-5'))
      for (;;) {
        const raw = await RawClient.open(Number(new URL(url).port)).catch(() => null)
        if (raw === null) return
        try {
          for (let isOpen = true; isOpen;) {
            const { status, headers, body: text } = await raw.send(postOf(client.path, body)).answer()
            expect(status, text).toBe(200)
            served.push(client.wordsOf({ text, events: [] }))
            if (served.length === 100) busy.resolve()
            isOpen = headers['connection'] !== 'close'
          }
        } catch (error) {
          // An idle connection was closed as the next request was sent: nothing of an answer came.
          if (raw.text !== '') throw error
        } finally {
          raw.destroy()
        }
      }
    }
    const loads = Promise.all([chat, messages, chat, messages].map(load))
    await busy.promise
    gateway.kill('SIGTERM')
    await loads
    expect(new Set(served)).toEqual(new Set(['Served.']))
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).toMatch(/Stopped: \d+ finished, 0 cut/)
  })
})

describe('what a shutdown has cut', () => {
  it.each(EVERY_SPEAKER)('is no client that left: the log says who ended it ($type)', async (client) => {
    const { upstream } = await halfway(client)
    const gateway = await install({ providers: [provider('far', client, upstream.url)] })
    const answer = await generateOpen(gateway, client, client.model)
    await answer.until(({ data }) => data.includes('Begun before, '))
    expect(await gateway.gateway.drain(20)).toEqual({ finished: 0, cut: 1 })
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
      status: 'failed',
      errorCode: 'draining',
      httpStatus: 200,
      provider: 'far',
    })
  })

  it('before it was answered has the status that its client saw', async () => {
    const upstream = await vendorOf(() => {})
    const gateway = await install({ providers: [provider('far', chat, upstream.url)] })
    const waiting = ask(`${gateway.url}${chat.path}`, { body: chat.request('gpt-5.5') })
    await upstream.nextRequest()
    expect(await gateway.gateway.drain(20)).toEqual({ finished: 0, cut: 1 })
    const { status, headers } = await waiting
    expect(status).toBe(503)
    expect(await recordOf(gateway, headers['request-id'])).toMatchObject({
      status: 'failed',
      errorCode: 'draining',
      httpStatus: 503,
    })
  })
})
