import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask } from '../support/ask.ts'
import { converseWith, NO_TERMINAL } from '../support/converse.ts'
import { UserMachine } from '../support/ucr-process.ts'

const ENTER = '\r'
const KEY = 'a-key-of-nobody-else'
/** No `claude` of the developer's is found. */
const NO_CLAUDE = { CLAUDE_COMMAND: '/nowhere/claude' }

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

const wrapper = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  machine.run(words, { program: 'claude-wrapper', environment: { ...NO_CLAUDE, ...environment } })

/** Starts one on any free port; its place and what was said about it. */
async function started(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await wrapper(['--port', '0', ...words], environment)
  expect(code, stderr).toBe(0)
  return placeIn(`${stdout}${stderr}`)
}

function placeIn(said: string) {
  const [url = ''] = /http:\/\/[\d.]+:\d+/.exec(said) ?? []
  return { said, url, port: url.split(':').at(-1) ?? '', pid: Number(/process (\d+)/.exec(said)?.[1]) }
}

function complete(url: string, model: string, key?: string) {
  return ask(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: key === undefined ? {} : { authorization: `bearer ${key}` },
    body: { model, messages: [{ role: 'user', content: 'a prompt that nobody may read' }] },
  })
}

/** What everybody on this machine sees of a process. */
async function visible(pid: number): Promise<string> {
  const [words, variables] = await Promise.all([readFile(`/proc/${pid}/cmdline`), readFile(`/proc/${pid}/environ`)])
  return `${words.toString()} ${variables.toString()}`
}

/** A program that is called `claude`, and the folder that it is in. */
async function installClaude(): Promise<{ readonly PATH: string; readonly CLAUDE_COMMAND: string }> {
  const folder = join(machine.home, 'bin')
  await mkdir(folder)
  await writeFile(join(folder, 'claude'), '#!/bin/sh\necho "2.1.330 (Claude Code)"\n')
  await chmod(join(folder, 'claude'), 0o755)
  return { PATH: `${folder}:/usr/bin:/bin`, CLAUDE_COMMAND: '' }
}

describe('claude-wrapper', () => {
  it('starts in the background and says where, until it is stopped', async () => {
    const { said, url, pid, port } = await started(['--mock'])
    expect(said).toMatch(/process \d+\)/)
    expect(said).toContain(join(machine.home, '.local', 'state', 'ucr', 'gateway.log'))
    expect(said).toContain('claude-wrapper --stop')
    expect((await ask(`${url}/health`)).json()).toMatchObject({ status: 'healthy' })

    const again = await wrapper([port, '--mock'])
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`running already on ${url} (process ${pid})`),
    })
    expect(await wrapper(['--status'])).toMatchObject({ code: 0, stdout: expect.stringContaining('healthy') })
    expect(await wrapper(['--logs'])).toMatchObject({ code: 0, stderr: expect.stringContaining('gateway.log') })
    expect(await wrapper(['--cleanup'])).toMatchObject({ code: 0, stdout: expect.stringContaining(port) })
    expect(await wrapper(['--stop'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Stopped') })
    await expect(ask(`${url}/health`)).rejects.toThrow('ECONNREFUSED')
    expect((await wrapper(['--stop'])).code).toBe(0)
    expect((await wrapper(['--status'])).code).toBe(0)
  })

  it('answers under the names of models that its users have in their settings', async () => {
    const { url } = await started(['--mock'])
    for (const model of ['sonnet', 'opus', 'haiku', 'claude-3-5-sonnet-20241022']) {
      expect((await complete(url, model)).json()).toMatchObject({ model, object: 'chat.completion' })
    }
  })

  it('lets nobody in without the key, and shows it to nobody', async () => {
    const { url, pid, said } = await started(['--mock', '--api-key', KEY])
    expect((await complete(url, 'sonnet')).status).toBe(401)
    expect((await complete(url, 'sonnet', `${KEY}!`)).status).toBe(401)
    expect((await complete(url, 'sonnet', KEY)).status).toBe(200)
    expect(`${said}${await visible(pid)}`).not.toContain(KEY)
    expect((await wrapper(['--logs'])).stdout).not.toContain(KEY)
  })

  it('listens on port 8000 where nobody says another', async () => {
    const taken = createServer()
    // Somebody else may have it already, which is as good.
    await new Promise<void>((resolve) => taken.on('error', () => resolve()).listen(8000, '127.0.0.1', resolve))
    const { code, stderr } = await wrapper(['--mock'])
    taken.close()
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('8000') })
  })

  it('takes the port of the environment and of the config, the one that is nearer first', async () => {
    await machine.writeConfig({ server: { port: 0 }, providers: [{ id: 'sim', type: 'simulator' }] })
    const { code, stdout } = await wrapper([])
    expect(code).toBe(0)
    expect(placeIn(stdout).port).not.toBe('8000')
    await wrapper(['--stop'])
    const other = await wrapper([], { CLAUDE_WRAPPER_PORT: '0', PORT: '1' })
    expect(other).toMatchObject({ code: 0 })
    // Whoever starts it again need not have the same shell.
    const again = await machine.run(['restart'])
    expect(again.stderr).not.toContain('error')
    expect(placeIn(again.stdout).port).not.toMatch(/^(?:1|3000|8000)?$/)
  })

  it.each([
    [['x80'], 'x80 is no port'],
    [['70000'], '70000 is no port'],
    [['--port', '-1'], '--port -1: it is a whole number from 0 to 65535'],
    [['--api-key', 'seven77'], 'a key of 8 to 256'],
    [['--stop', '--status'], '--stop and --status'],
    [['--graceful-shutdown-timeout', 'soon'], 'it is a time'],
    [['--nonsense'], "unknown option '--nonsense'"],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await wrapper(['--mock', ...words])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) })
    expect(stderr).not.toContain('seven77')
  })

  it('says what to do where there is nobody who could answer', async () => {
    const { code, stderr } = await wrapper(['--port', '0'])
    // A developer's machine may have a local server, which then answers.
    if (code !== 0) expect(stderr).toMatch(/npm install -g[^]*ANTHROPIC_API_KEY[^]*--mock/)
  })

  it('takes the installed Claude Code, before keys in the environment', async () => {
    const environment = { ...(await installClaude()), OPENAI_API_KEY: 'sk-canary-0123456789' }
    const { url } = await started([], environment)
    const { data } = (await ask(`${url}/v1/models`)).json() as { data: { id: string; owned_by: string }[] }
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['sonnet', 'opus', 'haiku']))
    expect(new Set(data.map((model) => model.owned_by))).toEqual(new Set(['claude-code']))
  })

  it('leaves Claude Code to ucr start where nothing else is found', async () => {
    const environment = await installClaude()
    const { stdout } = await machine.run(['start', '--daemon', '--port', '0'], { environment })
    const { data } = (await ask(`${placeIn(stdout).url}/v1/models`)).json() as { data: { owned_by: string }[] }
    const [first] = data
    // A developer's machine may have a local server, which then answers.
    if (!['ollama', 'lmstudio', 'vllm', 'llama-cpp'].includes(first?.owned_by ?? '')) {
      expect(first).toMatchObject({ owned_by: 'claude-code' })
    }
    const other = await machine.run(['explain', '--model', 'opus'], {
      environment: { ...environment, OPENAI_API_KEY: 'sk-canary-0123456789' },
    })
    expect(other.stdout).not.toContain('claude-code')
  })

  it('runs no shell for what CLAUDE_COMMAND says', async () => {
    const line = `touch ${join(machine.home, 'touched')}; claude`
    const { code, stderr } = await wrapper(['--port', '0'], { CLAUDE_COMMAND: line })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('CLAUDE_COMMAND=/usr/local/bin/claude'),
    })
    const other = await wrapper(['--port', '0'], { CLAUDE_COMMAND: '', CLAUDE_CLI_PATH: line })
    expect({ code: other.code, stderr: other.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('CLAUDE_CLI_PATH'),
    })
    await expect(readFile(join(machine.home, 'touched'))).rejects.toThrow('ENOENT')
  })

  it('stays in the foreground with --debug, and logs requests without what is in them', async () => {
    const running = machine.start(['--debug', '--mock', '--port', '0'], {
      program: 'claude-wrapper',
      environment: NO_CLAUDE,
    })
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const { text } = await complete(url, 'sonnet')
    const [answer = ''] = /"content":"[^"]+"/.exec(text) ?? []
    running.kill('SIGTERM')
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/"requestedModel":"sonnet".*"httpStatus":200/)
    expect(`${stdout}${stderr}`).not.toContain('nobody may read')
    expect(`${stdout}${stderr}`).not.toContain(answer)
  })
})

describe.skipIf(NO_TERMINAL)('in a terminal', () => {
  it('offers a key, which clients then really need', async () => {
    const { code, output } = await converseWith(
      'claude-wrapper',
      machine.home,
      ['--mock', '--port', '0'],
      [[/Enable API key protection/, `y`]],
      NO_CLAUDE,
    )
    expect(code, output).toBe(0)
    const [, key = ''] = /│ +([\w-]{32}) +│/.exec(output) ?? []
    expect(key).not.toBe('')
    const { url, pid } = placeIn(output)
    expect((await ask(`${url}/v1/auth/status`)).text).toContain('"enabled":true')
    expect((await complete(url, 'sonnet')).status).toBe(401)
    expect((await complete(url, 'sonnet', key)).status).toBe(200)
    expect(await visible(pid)).not.toContain(key)
    expect((await wrapper(['--logs'])).stdout).not.toContain(key)
  })

  it('is open where none is wanted', async () => {
    const { code, output } = await converseWith(
      'claude-wrapper',
      machine.home,
      ['--mock', '--port', '0'],
      [[/Enable API key protection/, ENTER]],
      NO_CLAUDE,
    )
    expect(code, output).toBe(0)
    expect((await complete(placeIn(output).url, 'sonnet')).status).toBe(200)
  })

  it('asks nothing with --no-interactive, or where there is a key', async () => {
    for (const words of [['--no-interactive'], ['--api-key', KEY]]) {
      const { code, output } = await converseWith(
        'claude-wrapper',
        machine.home,
        ['--mock', '--port', '0', ...words],
        [],
        NO_CLAUDE,
      )
      expect(code, output).toBe(0)
      expect(output).not.toContain('protection')
    }
  })
})

describe('--production', () => {
  it('serves with workers and strict limits, and logs for programs', async () => {
    const { url } = await started(['--mock', '--production', '--workers', '2'])
    // Workers tell each other a moment later how many they had: not all may come at once.
    const statuses: number[] = []
    while (!statuses.includes(429) && statuses.length < 1000) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => complete(url, 'sonnet')))
      statuses.push(...answers.map(({ status }) => status))
    }
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100)
    expect(statuses).toContain(429)
    let stdout = ''
    // It is written a moment later.
    while (!stdout.includes('"httpStatus":200')) ({ stdout } = await wrapper(['--logs']))
    for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
  })

  it('compresses for everybody, and takes no larger bodies than it says', async () => {
    const { url } = await started(['--mock', '--production', '--workers', '1'])
    const { headers } = await ask(`${url}/metrics`, { headers: { 'accept-encoding': 'gzip' } })
    expect(headers['content-encoding']).toBe('gzip')
    const large = { model: 'sonnet', messages: [{ role: 'user', content: 'a'.repeat(11 * 1024 * 1024) }] }
    expect((await ask(`${url}/v1/chat/completions`, { method: 'POST', body: large })).status).toBe(413)
  })

  it('leaves alone what the config says', async () => {
    await machine.writeConfig({ server: { port: 0, rateLimit: { max: 1 }, workers: 1 }, sessions: { store: 'memory' } })
    const { url } = await started(['--mock', '--production'])
    const answers = [await complete(url, 'sonnet'), await complete(url, 'sonnet')]
    expect(answers.map(({ status }) => status)).toEqual([200, 429])
  })

  it('does not serve strangers of other machines', async () => {
    const { code, stderr } = await wrapper(['--mock', '--production', '--host', '0.0.0.0', '--port', '0'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('loopback') })
  })

  it('is the same for ucr start, and NODE_ENV is none of it', async () => {
    const first = await machine.run([
      'start',
      '--daemon',
      '--production',
      '--workers',
      '1',
      '--provider',
      'simulator',
      '--port',
      '0',
    ])
    expect(first.code).toBe(0)
    const limited = await many(placeIn(first.stdout).url)
    expect(limited.some(({ status }) => status === 429)).toBe(true)
    const { url } = await started(['--mock'], { NODE_ENV: 'production' })
    expect((await many(url)).every(({ status }) => status === 200)).toBe(true)
  })
})

describe('--health-monitoring', () => {
  it('asks providers whether they are well', async () => {
    const { url } = await started(['--mock', '--health-monitoring', '--health-check-interval', '1000'])
    await vi.waitUntil(async () => (await ask(`${url}/health/detailed`)).text.includes('"status":"up"'), {
      timeout: 30_000,
      interval: 100,
    })
    expect((await ask(`${url}/health/detailed`)).json()).toMatchObject({
      providers: [{ id: 'simulator', status: 'up' }],
    })
  })
})

function many(url: string) {
  return Promise.all(Array.from({ length: 105 }, () => complete(url, 'sonnet')))
}

describe('the environment of the predecessor', () => {
  it('means what it meant', async () => {
    const { url } = await started(['--mock'], { REQUIRE_API_KEY: 'true', API_KEY: KEY, DEBUG_MODE: 'true' })
    expect((await complete(url, 'sonnet')).status).toBe(401)
    expect((await complete(url, 'sonnet', KEY)).status).toBe(200)
  })

  it('limits whole answers by TIMEOUT, in milliseconds', async () => {
    const { url } = await started(['--mock'], { TIMEOUT: '50' })
    const answer = await complete(url, 'text?ttft=60000')
    expect(answer.status).toBe(504)
  })

  it('lets in the pages of CORS_ORIGINS, but never all of them', async () => {
    const page = 'https://app.example.com'
    const { url } = await started(['--mock'], { CORS_ORIGINS: JSON.stringify([page]) })
    const { headers } = await ask(`${url}/v1/models`, { headers: { origin: page } })
    expect(headers['access-control-allow-origin']).toBe(page)
    const { code, stderr } = await wrapper(['--mock', '--port', '0'], { CORS_ORIGINS: '["*"]' })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('any web page') })
  })
})
