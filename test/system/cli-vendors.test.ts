import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { UserMachine } from '../support/ucr-process.ts'

const KEY = 'sk-0123456789abcdef'

let machine: UserMachine
let simulator: Simulator

beforeEach(async () => {
  machine = await UserMachine.create()
  simulator = await startSimulator({ apiKey: KEY })
})

afterEach(async () => {
  await machine.close()
  await simulator.close()
})

function writeConfig(apiKey: string, more: object = {}): Promise<string> {
  return machine.writeConfig({
    server: { port: 0 },
    providers: [
      { id: 'work', type: 'anthropic', baseUrl: simulator.url, apiKey, models: ['claude-sonnet-5'] },
      { id: 'off', type: 'openai', enabled: false },
    ],
    ...more,
  })
}

/** The config with a vendor that refuses its key. */
async function writeConfigWithDeadKey(): Promise<void> {
  const vendor = createServer((_, response) => response.writeHead(401).end('{}')).listen(0, '127.0.0.1')
  onTestFinished(() => void vendor.close())
  await once(vendor, 'listening')
  const baseUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
  await machine.writeConfig({
    server: { port: 0 },
    providers: [{ id: 'work', type: 'anthropic', baseUrl, apiKey: 'sk-wrong-0123456789' }],
  })
}

/** A port of this machine that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('providers test', () => {
  it('succeeds with a key that the vendor takes, by a real request for its models', async () => {
    await writeConfig(KEY)
    const { code, stdout } = await machine.run(['providers', 'test', 'work'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/✓ +work +\d+ models/)
    expect(simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      expect.stringMatching(/^GET \/v1\/models/),
    ])
  })

  it('fails when the vendor refuses the key', async () => {
    await writeConfigWithDeadKey()
    const { code, stdout } = await machine.run(['providers', 'test', 'work'])
    expect(code).toBe(1)
    expect(stdout).toContain('it refuses the key')
    expect(stdout).not.toContain('sk-wrong')
  })

  it('fails when nobody answers, and tells scripts why', async () => {
    const port = await deadPort()
    await machine.writeConfig({
      providers: [{ id: 'local', type: 'openai-compatible', baseUrl: `http://127.0.0.1:${port}/v1` }],
    })
    const { code, stdout } = await machine.run(['providers', 'test', '--all', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 'local', works: false, problem: expect.stringContaining('does not answer') },
    ])
  })

  it('names the provider that was probably meant', async () => {
    await writeConfig(KEY)
    const { code, stderr } = await machine.run(['providers', 'test', 'wrok'])
    expect(code).toBe(1)
    expect(stderr).toContain('Did you mean "work"?')
  })
})

describe('providers', () => {
  it('list shows each with its state and how it was found, enable and disable switch', async () => {
    await writeConfig(KEY)
    expect(await machine.json(['providers', 'list'])).toMatchObject([
      { id: 'work', type: 'anthropic', enabled: true, key: '…cdef', source: 'config file' },
      { id: 'off', type: 'openai', enabled: false },
    ])
    expect((await machine.run(['providers', 'disable', 'work'])).code).toBe(0)
    expect(await machine.json(['providers', 'list'])).toMatchObject([{ enabled: false }, { enabled: false }])
    expect((await machine.run(['providers', 'enable', 'work'])).code).toBe(0)
    expect(await machine.json(['providers', 'list'])).toMatchObject([{ enabled: true }, { enabled: false }])
    expect((await machine.run(['providers', 'enable', 'nobody'])).code).toBe(3)
  })

  it('discover finds keys in the environment and adds them on request, as variables', async () => {
    await writeConfig(KEY)
    const environment = { GROQ_API_KEY: 'gsk_canary0123456789' }
    const found = await machine.json(['providers', 'discover'], { environment })
    expect(found).toEqual(
      expect.arrayContaining([
        { id: 'groq', type: 'groq', baseUrl: null, keyVariable: 'GROQ_API_KEY', configured: false },
      ]),
    )
    expect((await machine.run(['providers', 'discover', '--save'], { environment })).code).toBe(0)
    const text = await machine.readConfig()
    expect(text).toContain('"apiKey": "${GROQ_API_KEY}"')
    expect(text).not.toContain('canary')
    expect((await machine.run(['config', 'validate'], { environment })).code).toBe(0)
  })
})

describe('models', () => {
  it('list shows what clients can ask for, and with --fetch what the vendor has', async () => {
    await writeConfig(KEY, { models: { fast: 'work/claude-sonnet-5' } })
    expect(await machine.json(['models', 'list'])).toEqual(
      expect.arrayContaining([
        { id: 'fast', provider: 'work', model: 'claude-sonnet-5', note: 'work/claude-sonnet-5' },
      ]),
    )
    expect(simulator.requests).toHaveLength(0)
    const fetched = (await machine.json(['models', 'list', 'work', '--fetch'])) as { id: string }[]
    expect(fetched.map(({ id }) => id)).toContain('work/echo')
  })

  it('list --fetch warns of a vendor that does not answer, and fails when none does', async () => {
    await writeConfigWithDeadKey()
    const { code, stdout, stderr } = await machine.run(['models', 'list', '--fetch'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('work: it refuses the key')
  })

  it('info shows what is known', async () => {
    await writeConfig(KEY)
    expect(await machine.json(['models', 'info', 'work/claude-sonnet-5'])).toMatchObject({
      provider: 'work',
      model: 'claude-sonnet-5',
      known: true,
      capabilities: { tools: true, contextWindow: expect.any(Number) },
    })
    const unknown = await machine.run(['models', 'info', 'work/no-such-model'])
    expect(unknown.stderr).toContain('does not know this model')
  })
})

describe('explain', () => {
  const REQUEST = { model: 'fast', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }

  it('shows candidates, exclusions and the choice, and calls nobody', async () => {
    await machine.writeConfig({
      providers: [
        { id: 'small', type: 'openai', apiKey: KEY, baseUrl: simulator.url, capabilities: { contextWindow: 10 } },
        { id: 'work', type: 'anthropic', apiKey: KEY, baseUrl: simulator.url },
      ],
      models: { fast: ['small/tiny', 'work/claude-sonnet-5'] },
    })
    await writeFile(join(machine.home, 'request.json'), JSON.stringify({ ...REQUEST, system: 'x '.repeat(500) }))
    const { code, stdout } = await machine.run(['explain', 'request.json'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/choice +work\/claude-sonnet-5/)
    expect(stdout).toMatch(/Excluded\n +small\/tiny +.*10/)
    expect(await machine.json(['explain', 'request.json'])).toMatchObject({
      protocol: 'anthropic-messages',
      chosen: 'work/claude-sonnet-5',
      candidates: [{ deployment: 'work/claude-sonnet-5', plan: 'passthrough' }],
      exclusions: [{ deployment: 'small/tiny', why: expect.any(String) }],
    })
    expect(simulator.requests).toHaveLength(0)
  })

  it('reads standard input, for the path that is given', async () => {
    await writeConfig(KEY, { models: { fast: 'work/claude-sonnet-5' } })
    const words = ['explain', '-', '--path', '/v1/chat/completions', '--header', 'X-Team: blue']
    expect(await machine.json(words, { input: JSON.stringify(REQUEST) })).toMatchObject({
      protocol: 'openai-chat',
      candidates: [{ plan: 'translate' }],
    })
  })

  it.each([
    ['a file that is not there', ['explain', 'nowhere.json'], '', 'nowhere.json cannot be read'],
    ['what is no JSON', ['explain', '-'], '{', 'Standard input is no request body'],
    ['a path of no protocol', ['explain', '-', '--path', '/v2/chat'], '{}', '/v1/messages'],
    ['a model that there is not', ['explain', '-'], '{"model":"none/such","messages":[]}', 'none'],
  ])('says what is wrong with %s', async (_, words, input, message) => {
    await writeConfig(KEY, { models: { fast: 'work/claude-sonnet-5' } })
    const { code, stdout, stderr } = await machine.run(words, { input })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
  })
})

describe('doctor', () => {
  interface Report {
    readonly healthy: boolean
    readonly findings: readonly { check: string; status: string; message: string; fix: string | null }[]
  }

  const report = async (words: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) =>
    (await machine.json(['doctor', ...words], { environment })) as Report
  const finding = ({ findings }: Report, check: string) => findings.find((candidate) => candidate.check === check)

  it('is content when all is well', async () => {
    await writeConfig(KEY)
    const { code, stdout } = await machine.run(['doctor'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Nothing stands in the way.') })
  })

  it('finds the wrong field and says its fix', async () => {
    const file = await machine.writeConfig({ server: { port: 'x' } })
    const found = await report()
    expect(found.healthy).toBe(false)
    expect(finding(found, 'config')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/^server\.port .*:3:/),
      fix: expect.any(String),
    })
    expect(finding(found, 'config')?.message).toContain(file)
    expect((await machine.run(['doctor'])).code).toBe(1)
  })

  it('finds the dead key, and asks nobody with --offline', async () => {
    await writeConfigWithDeadKey()
    expect(finding(await report(), 'providers')).toMatchObject({
      status: 'error',
      message: 'work: it refuses the key',
      fix: expect.stringContaining('ucr auth login work'),
    })
    expect(finding(await report(['--offline']), 'providers')).toBeUndefined()
  })

  const SIM = { id: 'sim', type: 'simulator' }
  const CODE = { id: 'code', type: 'claude-code', command: '/nowhere/claude', allowedTools: ['Read'] }
  it.each([
    [
      'tools that no key may use',
      [CODE],
      {},
      'code has "allowedTools", and no key has "claudeTools": nobody can use them',
    ],
    [
      'models of a key that nothing routes',
      [SIM],
      { models: ['sim/*', 'claud-*', 'sim/echo'] },
      '"models" of the key "desk" has "claud-*", which no request can reach',
    ],
    [
      'nothing wrong with keys',
      [SIM, CODE],
      { models: ['sim/*', 'sonnet'], claudeTools: ['Read'] },
      '1 key is accepted',
    ],
  ])('finds %s', async (_, providers, key, message) => {
    const keys = [{ name: 'desk', key: 'the-key-of-the-desk', ...key }]
    await machine.writeConfig({ server: { port: 0 }, providers, auth: { keys } })
    const { findings } = await report(['--offline'])
    expect(findings.filter(({ check }) => check === 'keys').map((found) => found.message)).toEqual([message])
  })

  it('says that the limit of --production may be little for agents, and how to raise it', async () => {
    const server = { port: 0 }
    const providers = [{ id: 'sim', type: 'simulator' }]
    await machine.writeConfig({ server, providers })
    await machine.start(['start', '--production', '--workers', '1']).printed(/listening on/)
    const limits = async () => finding(await report(['--offline']), 'limits')
    expect(await limits()).toMatchObject({ status: 'warning', fix: expect.stringContaining('"server.rateLimit"') })
    await machine.writeConfig({ server: { ...server, rateLimit: { max: 600 } }, providers })
    expect(await limits()).toBeUndefined()
  })

  it('says which Claude Code a provider runs, and how it signs in', async () => {
    const command = join(machine.home, 'claude')
    const installed = (version: string): Promise<void> =>
      writeFile(command, `#!/bin/sh\necho "${version} (Claude Code)"\n`, { mode: 0o755 })
    const provider = { id: 'code', type: 'claude-code', command }
    await machine.writeConfig({ server: { port: 0 }, providers: [provider] })
    const said = async (environment: Readonly<Record<string, string>> = {}) =>
      finding(await report([], environment), 'providers')

    expect(await said()).toMatchObject({ status: 'error', message: expect.stringContaining('is no program') })
    await installed('2.1.100')
    expect(await said()).toMatchObject({ status: 'error', message: expect.stringContaining('is version 2.1.100') })
    await installed('2.1.330')
    expect(await said()).toMatchObject({ status: 'warning', message: expect.stringContaining('is not signed in') })
    const key = { ANTHROPIC_API_KEY: 'sk-secret-0123456789' }
    expect(await said(key)).toEqual({
      check: 'providers',
      status: 'ok',
      message: `code runs ${command} (2.1.330) and signs in with an API key`,
      fix: null,
    })
    expect((await said({ ...key, CLAUDE_CODE_USE_BEDROCK: '1' }))?.message).toContain('Amazon Bedrock')
    expect((await said({ ...key, CLAUDE_CODE_USE_VERTEX: '1' }))?.message).toContain('Google Vertex')
    await mkdir(join(machine.home, '.claude'), { recursive: true })
    await writeFile(join(machine.home, '.claude', '.credentials.json'), '{}')
    expect((await said())?.message).toContain('its own login')
  })

  it('finds the busy port and names a free one', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await writeConfig(KEY, { server: { port } })
    const found = finding(await report(), 'ports')
    expect(found).toMatchObject({ status: 'error', message: `port ${port} is taken by another program` })
    expect(found?.fix).toMatch(/--port \d+/)
    other.close()
  })

  it('takes a gateway of ours on the port for no trouble', async () => {
    await writeConfig(KEY)
    const { stdout } = await machine.run(['start', '--daemon'])
    const port = Number(/:(\d+) /.exec(stdout)?.[1])
    await writeConfig(KEY, { server: { port } })
    expect(finding(await report(), 'ports')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('runs on'),
    })
  })

  it('finds files that others can read', async () => {
    await writeConfig(KEY)
    await chmod(machine.configPath, 0o644)
    expect(finding(await report(), 'files')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('chmod 600'),
    })
    await machine.run(['auth', 'login', 'groq'], { input: 'gsk_0123456789' })
    await chmod(join(machine.home, '.config', 'ucr', 'credentials', 'credentials.json'), 0o644)
    expect((await report()).findings).toContainEqual(
      expect.objectContaining({ check: 'files', status: 'error', fix: expect.stringContaining('chmod 600') }),
    )
  })

  it('finds a missing claude, and settings of its that send it elsewhere', async () => {
    await writeConfig(KEY)
    expect(finding(await report([], { CLAUDE_COMMAND: '/nowhere' }), 'claude')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('npm install -g @anthropic-ai/claude-code'),
    })
    await mkdir(join(machine.home, '.claude'))
    await writeFile(
      join(machine.home, '.claude', 'settings.json'),
      JSON.stringify({ env: { ANTHROPIC_BASE_URL: 'https://elsewhere.example/path' } }),
    )
    expect(finding(await report([], { CLAUDE_COMMAND: process.execPath }), 'claude')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('https://elsewhere.example'),
    })
  })
})

describe('auth login github-copilot', () => {
  /** GitHub as far as the device flow goes, with the answers of its token endpoint in order. */
  async function startGitHub(answers: readonly object[]) {
    const remaining = [...answers]
    const server = createServer((request, response) => {
      const answer =
        request.url === '/login/device/code'
          ? {
              device_code: 'device-1',
              user_code: 'WDJB-MJHT',
              verification_uri: 'https://github.com/login/device',
              interval: 0.01,
            }
          : remaining.shift()
      response.setHeader('content-type', 'application/json')
      request.resume().on('end', () => response.end(JSON.stringify(answer)))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
  }

  it('shows the code, waits for the user, and stores the token', async () => {
    const github = await startGitHub([
      { error: 'authorization_pending' },
      { error: 'slow_down', interval: 0.02 },
      { access_token: 'gho_canary0123456789' },
    ])
    const { code, stdout, stderr } = await machine.run(['auth', 'login', 'github-copilot', '--github-url', github.url])
    expect(code).toBe(0)
    expect(stderr).toContain('https://github.com/login/device')
    expect(stderr).toContain('WDJB-MJHT')
    expect(`${stdout}${stderr}`).not.toContain('canary')
    expect(await machine.json(['auth', 'list'])).toEqual([
      { provider: 'github-copilot', type: 'github-copilot', hint: '…6789', origin: null },
    ])
    github.close()
  })

  it('stores nothing when the user refuses', async () => {
    const github = await startGitHub([{ error: 'access_denied' }])
    const { code, stderr } = await machine.run(['auth', 'login', 'copilot', '--github-url', github.url])
    expect(code).toBe(1)
    expect(stderr).toContain('refused')
    expect(await machine.json(['auth', 'list'])).toEqual([])
    github.close()
  })

  it('talks to nobody over plain HTTP beyond this machine', async () => {
    const words = ['auth', 'login', 'github-copilot', '--github-url', 'http://github.example.com']
    expect((await machine.run(words)).code).toBe(2)
  })
})

describe('simulator', () => {
  it('listens alone, and ends on a signal', async () => {
    const running = machine.start(['simulator', '--port', '0'])
    const [, url = ''] = await running.printed(/on (http:\/\/127\.0\.0\.1:\d+)/)
    await machine.writeConfig({ providers: [{ id: 'sim', type: 'simulator', baseUrl: url }] })
    expect((await machine.run(['providers', 'test', 'sim'])).code).toBe(0)
    running.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })
})

describe('completion', () => {
  it('covers the commands that there are, and is a script that bash takes', async () => {
    const { code, stdout } = await machine.run(['completion', 'bash'])
    expect(code).toBe(0)
    for (const word of ['start', 'explain', '--log-level', 'github-url']) expect(stdout).toContain(word)
    await writeFile(join(machine.home, 'completion'), stdout)
    expect(await readFile(join(machine.home, 'completion'), 'utf8')).toContain('complete -o bashdefault')
  })
})
