import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { UserMachine } from '../support/ucr-process.ts'

let machine: UserMachine
let simulator: Simulator

beforeEach(async () => {
  machine = await UserMachine.create()
  simulator = await startSimulator()
})

afterEach(async () => {
  await machine.close()
  await simulator.close()
})

/** A config with the simulator as its only vendor, on any free port. */
function writeConfig(more: object = {}): Promise<string> {
  return machine.writeConfig({
    server: { port: 0 },
    providers: [{ id: 'sim', type: 'simulator', baseUrl: simulator.url, models: ['text', 'slow'] }],
    ...more,
  })
}

function ask(url: string, model: string, key?: string) {
  return request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
}

interface Status {
  readonly running: boolean
  readonly gateways: readonly {
    readonly pid: number
    readonly port: number
    readonly urls: readonly string[]
    readonly status: string
    readonly log: string | null
    readonly config: string | null
  }[]
}

async function status(): Promise<Status> {
  return (await machine.json(['status'])) as Status
}

/** Starts one in the background and gives its place. */
async function startDaemon(words: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await machine.run(['start', '--daemon', ...words], { environment })
  expect(code, stderr).toBe(0)
  const url = /http:\/\/[^ ]+/.exec(stdout)?.[0] ?? ''
  return { url, pid: Number(/process (\d+)/.exec(stdout)?.[1]), stdout, stderr }
}

describe('start', () => {
  it('says where it listens, whom it asks and what to paste, and what is pasted works', async () => {
    await writeConfig()
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    await gateway.printed(/sim +Simulator/)
    await gateway.printed(new RegExp(`ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=\\S+ claude`))
    await gateway.printed(new RegExp(`OPENAI_BASE_URL=${url}/v1`))
    const [, path, body = ''] = await gateway.printed(/curl \S+?(\/v1\S+) .*-d '(.+)'/)
    const reply = await request(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(reply.statusCode).toBe(200)
    gateway.kill('SIGTERM')
    const { code } = await gateway.ended
    expect(code).toBe(0)
  })

  it('finishes what is under way on SIGTERM and counts it', async () => {
    await writeConfig()
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const arrived = simulator.waitForRequest(({ path }) => path.startsWith('/v1/chat'))
    const reply = ask(url, 'sim/slow')
    await arrived
    gateway.kill('SIGTERM')
    expect((await reply).statusCode).toBe(200)
    const { code, stdout, stderr } = await gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).toContain('1 finished, 0 cut')
  })

  it('ends at once at a second signal', async () => {
    await writeConfig()
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const arrived = simulator.waitForRequest(({ path }) => path.startsWith('/v1/chat'))
    const reply = ask(url, 'sim/slow').then(
      ({ statusCode }) => statusCode,
      () => 'cut',
    )
    await arrived
    gateway.kill('SIGTERM')
    await gateway.printed(/Stopping/)
    gateway.kill('SIGINT')
    expect((await gateway.ended).code).toBe(128 + 2)
    expect(await reply).toBe('cut')
  })

  it('takes a signal that comes twice at once for one', async () => {
    await writeConfig()
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const arrived = simulator.waitForRequest(({ path }) => path.startsWith('/v1/chat'))
    const reply = ask(url, 'sim/slow')
    await arrived
    gateway.kill('SIGTERM')
    gateway.kill('SIGTERM')
    expect((await reply).statusCode).toBe(200)
    expect((await gateway.ended).code).toBe(0)
  })

  it('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await writeConfig()
    const { code, stderr } = await machine.run(['start', '--port', String(port)])
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port}`)
    expect(stderr).toContain('--port')
    expect(stderr).not.toContain('    at ')
    other.close()
  })

  it('waits for one in the background that listens and takes its time to answer', async () => {
    await writeConfig()
    // As on a machine that has much else to do.
    const busy = `
      const { send } = process
      process.send &&= (...given) => {
        setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000))
        return send.apply(process, given)
      }`
    const { url } = await startDaemon([], { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(busy)}` })
    expect(url).toMatch(/:\d+$/)
  })

  it('says that it is running already when the port is its own', async () => {
    await writeConfig()
    const { url, pid } = await startDaemon()
    const { code, stderr } = await machine.run(['start', '--port', new URL(url).port])
    expect(code).toBe(1)
    expect(stderr).toContain(`running already on ${url} (process ${pid})`)
    expect(stderr).toContain('ucr stop')
  })

  it('beyond this machine needs a key, and says how to get one', async () => {
    await writeConfig()
    const refused = await machine.run(['start', '--host', '0.0.0.0'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('ucr keys create')
  })

  it('shows no key, and its lines have a place for it', async () => {
    await writeConfig()
    const gateway = machine.start(['start', '--key', 'canary-0123456789'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    await gateway.printed(/authorization: Bearer your key/)
    expect((await ask(url, 'sim/text')).statusCode).toBe(401)
    expect((await ask(url, 'sim/text', 'canary-0123456789')).statusCode).toBe(200)
    expect(await readFile(`/proc/${gateway.pid}/cmdline`, 'utf8')).not.toContain('canary')
    gateway.kill('SIGTERM')
    const { stdout, stderr } = await gateway.ended
    expect(`${stdout}${stderr}`).not.toContain('canary')
  })

  it('takes a key that "keys create" made, by the hash in the config', async () => {
    const { key, hash } = (await machine.json(['keys', 'create', 'laptop', '--line'])) as { key: string; hash: string }
    await writeConfig({ auth: { keys: [{ name: 'laptop', hash }] } })
    const { url } = await startDaemon()
    expect((await ask(url, 'sim/text')).statusCode).toBe(401)
    expect((await ask(url, 'sim/text', key)).statusCode).toBe(200)
  })

  it('reads the config again on SIGHUP, watched or not', async () => {
    await writeConfig()
    const gateway = machine.start(['start', '--no-watch'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    await writeConfig({ models: { fresh: 'sim/text' } })
    gateway.kill('SIGHUP')
    await gateway.printed(/config reloaded/)
    expect((await ask(url, 'fresh')).statusCode).toBe(200)
    gateway.kill('SIGTERM')
    await gateway.ended
  })
})

describe('start --daemon', () => {
  it('returns when the gateway answers; status knows it, a second start finds it, stop ends it', async () => {
    const config = await writeConfig()
    const { url, pid } = await startDaemon()
    const port = Number(new URL(url).port)
    expect((await ask(url, 'sim/text')).statusCode).toBe(200)
    expect(await status()).toMatchObject({
      running: true,
      gateways: [{ pid, port, urls: [url], status: 'healthy', config, log: expect.stringContaining(machine.home) }],
    })
    const text = await machine.run(['status'])
    expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining(url) })

    const again = await machine.run(['start', '--daemon', '--port', String(port)])
    expect(again.code).toBe(0)
    expect(again.stdout).toContain(`running already on ${url}`)

    expect(await machine.run(['stop'])).toMatchObject({ code: 0, stdout: 'Stopped.\n' })
    expect((await machine.run(['status'])).code).toBe(4)
    await expect(ask(url, 'sim/text')).rejects.toThrow()
  })

  it('fails with what is wrong and leaves nothing behind', async () => {
    await writeConfig({ server: { port: 'x' } })
    const wrong = await machine.run(['start', '--daemon'])
    expect(wrong.code).toBe(3)
    expect(wrong.stderr).toContain('server.port')

    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await writeConfig()
    const busy = await machine.run(['start', '--daemon', '--port', String(port)])
    expect(busy.code).toBe(1)
    expect(busy.stderr).toContain(`Port ${port}`)
    // Told by its end, not by waiting for it in vain.
    expect(busy.stderr).toContain('The gateway did not start')
    other.close()
    expect((await machine.run(['status'])).code).toBe(4)
  })

  it('has its key neither in the list of processes nor in its environment nor in its log', async () => {
    await writeConfig()
    const { url, pid } = await startDaemon(['-k', 'canary-0123456789'])
    expect((await ask(url, 'sim/text', 'canary-0123456789')).statusCode).toBe(200)
    expect((await ask(url, 'sim/text')).statusCode).toBe(401)
    const [command, environment, { gateways }] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'latin1'),
      readFile(`/proc/${pid}/environ`, 'latin1'),
      status(),
    ])
    const log = await readFile(gateways[0]?.log ?? '', 'utf8')
    const record = await readFile(join(machine.home, '.local/state/ucr', `gateway-${gateways[0]?.port}.json`), 'utf8')
    for (const text of [command, environment, log, record]) expect(text).not.toContain('canary')
    // Its key is kept nowhere, so it cannot be started again without it.
    expect(await machine.run(['restart'])).toMatchObject({ code: 1, stderr: expect.stringContaining('--key') })
    expect((await status()).gateways[0]?.pid).toBe(pid)
  })

  it('keeps its files for its owner alone', async () => {
    await writeConfig()
    await startDaemon()
    const { gateways } = await status()
    const folder = join(machine.home, '.local', 'state', 'ucr')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, `gateway-${gateways[0]?.port}.json`))).mode & 0o777).toBe(0o600)
    expect((await stat(gateways[0]?.log ?? '')).mode & 0o777).toBe(0o600)
  })

  it('can run twice on two ports; stop then asks which', async () => {
    await writeConfig()
    const one = await startDaemon()
    const two = await startDaemon()
    expect(one.url).not.toBe(two.url)
    const unclear = await machine.run(['stop'])
    expect(unclear.code).toBe(2)
    expect(unclear.stderr).toContain('--port')
    expect((await machine.run(['stop', '--port', new URL(one.url).port])).code).toBe(0)
    expect((await status()).gateways.map(({ pid }) => pid)).toEqual([two.pid])
  })
})

describe('restart', () => {
  it('ends the old process and starts a new one with the same options', async () => {
    const config = await writeConfig()
    await writeFile(join(machine.home, 'other.json'), await readFile(config, 'utf8'), { mode: 0o600 })
    const before = await startDaemon(['--config', 'other.json', '--plan', 'translate'])
    const { code } = await machine.run(['restart'])
    expect(code).toBe(0)
    const { gateways } = await status()
    expect(gateways).toHaveLength(1)
    expect(gateways[0]?.pid).not.toBe(before.pid)
    expect(gateways[0]).toMatchObject({ status: 'healthy', config: join(machine.home, 'other.json') })
  })

  it('leaves a gateway alone whose config is wrong by now', async () => {
    await writeConfig()
    const { pid } = await startDaemon()
    await machine.writeConfig('{ "server": { "port": -1 } }')
    expect((await machine.run(['restart'])).code).toBe(3)
    expect((await status()).gateways[0]?.pid).toBe(pid)
  })
})

describe('stop', () => {
  it('signals no process that only has the number of a gateway that is gone', async () => {
    await writeConfig()
    const { url, pid } = await startDaemon()
    const record = join(machine.home, '.local', 'state', 'ucr', `gateway-${new URL(url).port}.json`)
    const text = await readFile(record, 'utf8')
    await writeFile(record, text.replace(/"identity": "[^"]+"/, '"identity": "1@another-boot"'))
    expect(await machine.run(['stop', '--force'])).toMatchObject({ code: 0, stdout: 'No gateway is running.\n' })
    expect((await ask(url, 'sim/text')).statusCode).toBe(200)
    process.kill(pid, 'SIGKILL')
  })
})
