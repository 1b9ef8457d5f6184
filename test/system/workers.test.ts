import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { childrenOf } from '../support/children.ts'
import { ask, type Answer, type OpenAnswer } from '../support/ask.ts'
import { begin, endOf } from '../support/half-stream.ts'
import { provider, vendorOf } from '../support/install.ts'
import { postOf, RawClient } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine, type RunningUcr } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

interface Running {
  readonly gateway: RunningUcr
  readonly url: string
}

async function started(words: readonly string[] = ['--workers', '2']): Promise<Running> {
  const gateway = machine.start(['start', ...words])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { gateway, url }
}

function configOf(upstream: Upstream, more: object = {}): object {
  return { server: { port: 0 }, providers: [provider('far', chat, upstream.url)], ...more }
}

async function gone(pids: readonly number[]): Promise<void> {
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  while (pids.some(lives)) await new Promise((resolve) => setTimeout(resolve, 20))
}

function question(url: string): Promise<Answer> {
  return ask(`${url}${chat.path}`, { body: chat.request('far/gpt-5.5') })
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

describe('several workers', () => {
  it('share one port, and of a killed one only its own requests are lost', async () => {
    const { upstream, finish } = await halfway()
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    const streams: OpenAnswer[] = []
    for (let count = 0; count < 8; count++) streams.push(await begin(url))
    const [victim = 0, ...others] = childrenOf(gateway.pid)
    expect(others).toHaveLength(1)
    process.kill(victim, 'SIGKILL')
    await gateway.printed(/a worker ended and is replaced/)
    // While there is one worker less: nothing that comes now goes to the dead one.
    expect(await Promise.all(Array.from({ length: 8 }, () => question(url)))).toMatchObject(
      Array.from({ length: 8 }, () => ({ status: 200 })),
    )
    await gateway.printed(/a worker took the place of one that ended/)
    finish()
    const ends = await Promise.all(streams.map(endOf))
    expect(ends.filter((end) => end === 'cut')).toHaveLength(4)
    expect(ends.filter((end) => end === 'whole')).toHaveLength(4)
    expect(childrenOf(gateway.pid)).toHaveLength(2)
    expect((await question(url)).status).toBe(200)
    gateway.kill('SIGTERM')
    expect((await gateway.ended).code).toBe(0)
  })

  it('lose no request when one of them is killed under a load of new connections, but those it had', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    const outcomes: string[] = []
    const end = new AbortController()
    const load = async (): Promise<void> => {
      while (!end.signal.aborted) {
        outcomes.push(
          await question(url).then(
            ({ status, cut }) => (cut ? 'cut' : String(status)),
            () => 'cut',
          ),
        )
      }
    }
    const loads = Promise.all(Array.from({ length: 8 }, load))
    while (outcomes.length < 50) await new Promise((resolve) => setImmediate(resolve))
    process.kill(childrenOf(gateway.pid)[0] ?? 0, 'SIGKILL')
    await gateway.printed(/a worker took the place of one that ended/)
    end.abort()
    await loads
    expect(new Set(outcomes).has('200')).toBe(true)
    // Each of the clients has one request at a time, and only the dead worker's half of them can be lost.
    expect(outcomes.filter((outcome) => outcome !== '200' && outcome !== 'cut')).toEqual([])
    expect(outcomes.filter((outcome) => outcome === 'cut').length).toBeLessThanOrEqual(8)
  })

  it('know of each other which deployment fails', async () => {
    const broken = await vendorOf((_asked, reply) => reply.answer(500, JSON.stringify(chat.error('Broken.'))))
    const good = await vendorOf(saying(chat, 'From the second.'))
    await machine.writeConfig({
      server: { port: 0 },
      providers: [provider('first', chat, broken.url), provider('second', chat, good.url)],
      models: { any: ['first/gpt-5.5', 'second/gpt-5.5'] },
      retry: { attempts: 1 },
      breaker: { minimumRequests: 3, errorThresholdPercentage: 50, resetTimeout: '1h' },
    })
    const { url } = await started()
    // One connection is one worker's.
    const client = await RawClient.open(Number(new URL(url).port))
    for (let count = 0; count < 3; count++) {
      const answer = await client.send(postOf(chat.path, JSON.stringify(chat.request('any')))).answer()
      expect(answer.headers['x-ucr-attempts']).toBe('2')
    }
    const isOpen = async (): Promise<boolean> => {
      const text = (await ask(`${url}/health/detailed`)).text
      return text.includes('"state":"open"')
    }
    // Connections go to the workers in turn.
    while (!((await isOpen()) && (await isOpen()))) await new Promise((resolve) => setImmediate(resolve))
    for (let count = 0; count < 4; count++) {
      const { headers } = await ask(`${url}${chat.path}`, { body: chat.request('any') })
      expect(headers).toMatchObject({ 'x-ucr-provider': 'second', 'x-ucr-attempts': '1' })
    }
    expect(broken.requests).toHaveLength(3)
    client.destroy()
  })

  it('tell a worker that comes later which deployment fails', async () => {
    const broken = await vendorOf((_asked, reply) => reply.answer(500, JSON.stringify(chat.error('Broken.'))))
    const good = await vendorOf(saying(chat, 'From the second.'))
    await machine.writeConfig({
      server: { port: 0 },
      providers: [provider('first', chat, broken.url), provider('second', chat, good.url)],
      models: { any: ['first/gpt-5.5', 'second/gpt-5.5'] },
      retry: { attempts: 1 },
      breaker: { minimumRequests: 1, errorThresholdPercentage: 50, resetTimeout: '1h' },
    })
    const { gateway, url } = await started()
    await ask(`${url}${chat.path}`, { body: chat.request('any') })
    const client = await RawClient.open(Number(new URL(url).port))
    const head = `GET /health/detailed HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
    while (!(await client.send(head).answer()).body.includes('"state":"open"')) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    process.kill(childrenOf(gateway.pid)[0] ?? 0, 'SIGKILL')
    await gateway.printed(/a worker took the place of one that ended/)
    for (let count = 0; count < 4; count++) await ask(`${url}${chat.path}`, { body: chat.request('any') })
    expect(broken.requests).toHaveLength(1)
  })

  it('finish everything under way at SIGTERM and count it once', async () => {
    const { upstream, finish } = await halfway()
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    const streams = await Promise.all(Array.from({ length: 10 }, () => begin(url)))
    // One for each worker, which cuts it when it begins to stop.
    const idle = [await RawClient.open(Number(new URL(url).port)), await RawClient.open(Number(new URL(url).port))]
    for (const client of idle) await client.send('GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n').answer()
    gateway.kill('SIGTERM')
    await Promise.all(idle.map((client) => client.all()))
    finish()
    expect(new Set(await Promise.all(streams.map(endOf)))).toEqual(new Set(['whole']))
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).toContain('Stopped: 10 finished, 0 cut')
  })

  it('lose no request that they took while they stop under load', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    const served: string[] = []
    const load = async (): Promise<void> => {
      for (;;) {
        const raw = await RawClient.open(Number(new URL(url).port)).catch(() => null)
        if (raw === null) return
        try {
          const body = JSON.stringify(chat.request('far/gpt-5.5'))
          for (let isOpen = true; isOpen;) {
            const { status, headers, body: text } = await raw.send(postOf(chat.path, body)).answer()
            expect(status, text).toBe(200)
            served.push(chat.wordsOf({ text, events: [] }))
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
    const loads = Promise.all(Array.from({ length: 6 }, load))
    while (served.length < 100) await new Promise((resolve) => setImmediate(resolve))
    gateway.kill('SIGTERM')
    await loads
    expect(new Set(served)).toEqual(new Set(['Served.']))
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).toMatch(/Stopped: \d+ finished, 0 cut/)
  })

  it('all take a changed config, and one of them says so', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    await machine.writeConfig(configOf(upstream, { models: { renamed: 'far/gpt-5.5' } }))
    await gateway.printed(/config reloaded/)
    const knows = async (): Promise<boolean> => {
      return (await ask(`${url}${chat.path}`, { body: chat.request('renamed') })).status === 200
    }
    while (!((await knows()) && (await knows()))) await new Promise((resolve) => setImmediate(resolve))
    gateway.kill('SIGTERM')
    const { stdout, stderr } = await gateway.ended
    expect(`${stdout}${stderr}`.match(/config reloaded/g)).toHaveLength(1)
  })

  it('give each other what they sealed: one secret, several ports', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig({ ...configOf(upstream), server: { port: [0, 0], workers: 2 } })
    const gateway = machine.start(['start'])
    const [, first = '', second = ''] = await gateway.printed(/listening on (http:\S+)\s+listening on (http:\S+)/)
    expect(first).not.toBe(second)
    for (const url of [first, second, first, second]) expect((await question(url)).status).toBe(200)
  })

  it('end when their supervisor is killed, and finish what they have', async () => {
    const { upstream, finish } = await halfway()
    await machine.writeConfig(configOf(upstream))
    const { gateway, url } = await started()
    const stream = await begin(url)
    const workers = childrenOf(gateway.pid)
    gateway.kill('SIGKILL')
    finish()
    expect(await endOf(stream)).toBe('whole')
    await gone(workers)
  })

  it('run in the background, where status and stop know them as one gateway', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const { code, stdout } = await machine.run(['start', '--daemon', '--workers', '2', '--key', 'a-key-for-clients'])
    expect(code).toBe(0)
    const url = /http:\/\/[^ ]+/.exec(stdout)?.[0] ?? ''
    const answers = [{}, { authorization: 'Bearer a-key-for-clients' }].map((headers) =>
      ask(`${url}${chat.path}`, { headers, body: chat.request('far/gpt-5.5') }),
    )
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 200])
    const status = (await machine.json(['status'])) as { gateways: { pid: number }[] }
    expect(status.gateways).toHaveLength(1)
    const workers = childrenOf(status.gateways[0]?.pid ?? 0)
    expect(workers).toHaveLength(2)
    expect((await machine.run(['stop'])).code).toBe(0)
    await gone(workers)
  })
})

describe('workers that cannot start', () => {
  it('end where nobody is there any more who started them, and listen nowhere', async () => {
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const { code, stdout } = await machine.run(['start'], { environment: { UCR_WORKER: '1' } })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('end the start with one message when they all fail', async () => {
    await writeFile(join(machine.home, 'file'), '')
    const upstream = await vendorOf(saying(chat, 'Served.'))
    await machine.writeConfig(configOf(upstream, { logging: { file: 'file/below.log' } }))
    const { code, stderr } = await machine.run(['start', '--workers', '2'])
    expect(code).toBe(1)
    expect(stderr.match(/error:/g)).toHaveLength(1)
    expect(stderr).toMatch(/ENOTDIR|EEXIST/)
    expect(stderr).not.toContain('    at ')
  })

  it('are not started at all when the port is taken or the config is wrong', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const upstream = await vendorOf(saying(messages, 'Served.'))
    await machine.writeConfig(configOf(upstream))
    const busy = await machine.run(['start', '--workers', '2', '--port', String(port)])
    expect(busy).toMatchObject({ code: 1, stdout: '' })
    expect(busy.stderr.match(/is taken by another program/g)).toHaveLength(1)
    other.close()
    await machine.writeConfig({ server: { bodyLimit: 'big' } })
    expect((await machine.run(['start', '--workers', '2'])).code).toBe(3)
  })
})
