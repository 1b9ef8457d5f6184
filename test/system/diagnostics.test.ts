import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json, Question } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import { RawClient } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

const stateFolder = (): string => join(machine.home, '.local', 'state', 'ucr')
const folder = (): string => join(stateFolder(), 'diagnostics')

async function startProcess(server: object = {}) {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  await machine.writeConfig({ server: { port: 0, ...server }, providers: [provider('far', chat, upstream.url)] })
  const running = machine.start(['start'])
  const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { url, pid: running.pid, ask: adminAt(url, tokenIn(stateFolder())) }
}

function adminAt(url: string, token: string) {
  return (path: string, method: Question['method'] = 'GET'): Promise<Answer> =>
    ask(`${url}/admin/diagnostics${path}`, { method, headers: { authorization: `Bearer ${token}` } })
}

interface Listed {
  readonly captures: readonly { readonly name: string; readonly pid: number }[]
  readonly workers: readonly number[]
}

const listed = (answer: Answer): Listed => answer.json() as unknown as Listed

describe('a heap snapshot', () => {
  it('is a file that only its owner can read, and the next one has to wait', async () => {
    const gateway = await startProcess()
    const answer = await gateway.ask('/heap-snapshot', 'POST')
    expect(answer.status, answer.text).toBe(201)
    const { name, path, bytes, pid, kind, warning } = answer.json()
    expect({ kind, pid, path }).toEqual({ kind: 'heap', pid: gateway.pid, path: join(folder(), String(name)) })
    expect(name).toMatch(new RegExp(`^heap-\\d{13}-${gateway.pid}\\.heapsnapshot$`))
    expect(warning).toContain('prompts and keys')
    const status = statSync(String(path))
    expect([status.size, status.mode & 0o777, statSync(folder()).mode & 0o777]).toEqual([bytes, 0o600, 0o700])
    const { snapshot } = JSON.parse(readFileSync(String(path), 'utf8')) as { snapshot: { node_count: number } }
    expect(snapshot.node_count).toBeGreaterThan(1000)

    for (const again of ['/heap-snapshot', '/cpu-profile?seconds=1']) {
      const refused = await gateway.ask(again, 'POST')
      expect(refused.status).toBe(429)
      expect(refused.headers['x-ucr-error']).toBe('rate_limited')
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    }
    expect(readdirSync(folder())).toEqual([name])
  })

  it.runIf(process.platform === 'linux')('that the disk has no room for leaves nothing behind', async () => {
    const gateway = await startProcess()
    execFileSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${1024 * 1024}`])
    const refused = await gateway.ask('/heap-snapshot', 'POST')
    expect(refused.status, refused.text).toBe(507)
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'insufficient_storage', 'x-should-retry': 'false' })
    expect(readdirSync(folder())).toEqual([])
    expect((await ask(`${gateway.url}/health/live`)).status).toBe(200)
  })
})

describe('"ucr diagnostics"', () => {
  it('takes, lists and deletes', async () => {
    await startProcess()
    const taken = await machine.run(['diagnostics', 'cpu-profile', '--seconds', '1'])
    expect(taken, taken.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('keep it to yourself') })
    const profile = JSON.parse(readFileSync(taken.stdout.trim(), 'utf8')) as { nodes: unknown[]; samples: unknown[] }
    expect(profile.nodes.length).toBeGreaterThan(0)
    expect(profile.samples.length).toBeGreaterThan(0)
    const refused = await machine.run(['diagnostics', 'heap-snapshot'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('less than a minute ago') })
    const { captures } = (await machine.json(['diagnostics', 'list'])) as Listed
    const [name = ''] = captures.map((capture) => capture.name)
    expect((await machine.run(['diagnostics', 'list'])).stdout).toContain(name)
    expect((await machine.run(['diagnostics', 'remove', name])).code).toBe(0)
    expect(readdirSync(folder())).toEqual([])
  })

  it('says that no gateway runs', async () => {
    await machine.writeConfig({})
    expect(await machine.run(['diagnostics', 'list'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ucr start'),
    })
  })
})

it('each of several workers can be captured through any of them', async () => {
  const gateway = await startProcess({ workers: 2 })
  const { workers } = listed(await gateway.ask(''))
  expect(new Set(workers).size).toBe(2)
  const taken = await Promise.all(workers.map((pid) => gateway.ask(`/cpu-profile?seconds=1&worker=${pid}`, 'POST')))
  expect(taken.map(({ status }) => status)).toEqual([201, 201])
  expect(taken.map((answer) => answer.json()['pid'])).toEqual(workers)
  // Each has its own turn.
  for (const pid of workers) {
    const refused = await gateway.ask(`/heap-snapshot?worker=${pid}`, 'POST')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  }
  const captured = listed(await gateway.ask('')).captures.map(({ pid }) => pid)
  expect(new Set(captured)).toEqual(new Set(workers))
  const nobody = await gateway.ask(`/heap-snapshot?worker=${gateway.pid}`, 'POST')
  expect(nobody.status).toBe(400)
  expect(nobody.json()).toMatchObject({ error: { param: 'worker' } })
})

describe.each(['lean', 'node'] as const)('captures that are kept (engine: %s)', (engine) => {
  async function withFiles(files: Readonly<Record<string, Buffer | string>>) {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const gateway = await install({ server: { engine }, providers: [provider('far', chat, upstream.url)] })
    const place = placeOf(gateway)
    mkdirSync(place, { recursive: true, mode: 0o700 })
    for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content)
    return { gateway, place, ask: adminAt(gateway.url, tokenIn(dirname(place))) }
  }

  const placeOf = ({ configPath }: TestGateway): string => join(dirname(configPath), 'state', 'diagnostics')
  const NAME = 'heap-1700000000000-1.heapsnapshot'

  it('are downloaded as they are', async () => {
    const content = Buffer.alloc(24 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz0123456789\n')
    const { gateway, ask: admin, place } = await withFiles({ [NAME]: content, 'cpu-1700000000001-1.cpuprofile': '' })
    const whole = await admin(`/${NAME}`)
    expect(whole.status).toBe(200)
    expect(whole.headers).toMatchObject({
      'content-length': String(content.length),
      'content-disposition': `attachment; filename="${NAME}"`,
      'cache-control': 'no-store',
    })
    expect(Buffer.from(whole.text).equals(content)).toBe(true)
    expect(await admin(`/${NAME}`, 'HEAD')).toMatchObject({ status: 200, text: '' })
    expect(await admin('/cpu-1700000000001-1.cpuprofile')).toMatchObject({ status: 200, text: '' })

    const client = await RawClient.open(Number(new URL(gateway.url).port))
    const token = tokenIn(dirname(place))
    client.send(`GET /admin/diagnostics/${NAME} HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${token}\r\n\r\n`)
    client.destroy()
    expect((await admin('')).status).toBe(200)
  })

  it('are found by the names in the list, and by nothing else', async () => {
    const { ask: admin, place } = await withFiles({
      [NAME]: '{}',
      'notes.txt': 'x',
      '.heap-1-1.heapsnapshot.partial': '',
    })
    symlinkSync(join(dirname(place), 'admin.token'), join(place, 'heap-1700000000002-1.heapsnapshot'))
    copyFileSync(join(place, NAME), join(place, 'cpu-1700000000003-7.cpuprofile'))
    expect(listed(await admin('')).captures).toMatchObject([
      { name: 'cpu-1700000000003-7.cpuprofile', kind: 'cpu', pid: 7, bytes: 2, created: '2023-11-14T22:13:20.003Z' },
      { name: NAME, kind: 'heap', pid: 1, bytes: 2 },
    ] satisfies Json[])
    const others = [
      'notes.txt',
      '..%2fadmin.token',
      '..%2Fdiagnostics%2F' + NAME,
      'heap-1700000000002-1.heapsnapshot',
      '.heap-1-1.heapsnapshot.partial',
      'heap-1-1.heapsnapshot',
    ]
    for (const name of others) {
      for (const method of ['GET', 'DELETE'] as const) {
        expect((await admin(`/${name}`, method)).status, `${method} ${name}`).toBe(404)
      }
    }
    expect((await admin(`/${NAME}`, 'DELETE')).json()).toEqual({ deleted: NAME })
    expect((await admin(`/${NAME}`)).status).toBe(404)
    expect(readdirSync(dirname(place))).toContain('admin.token')
  })

  it.each(['seconds=0', 'seconds=61', 'seconds=1.5', 'seconds=x', 'seconds=1&seconds=2', 'second=1', 'worker=x'])(
    'are not taken with ?%s',
    async (query) => {
      const { ask: admin, place } = await withFiles({})
      const refused = await admin(`/cpu-profile?${query}`, 'POST')
      expect(refused.status, refused.text).toBe(400)
      expect(refused.json()).toMatchObject({ error: { param: query.split('=', 1)[0] } })
      expect(readdirSync(place)).toEqual([])
    },
  )
})
