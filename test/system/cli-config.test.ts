import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserMachine } from '../support/ucr-process.ts'

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

describe('a wrong config', () => {
  it('ends with exit code 3 and says file, line, field and fix', async () => {
    const file = await machine.writeConfig(`{
  "server": { "port": 70000 },
  "providers": [{ "id": "work", "type": "antropic", "apiKey": "sk-ant-canary-0001" }]
}`)
    const { code, stdout, stderr } = await machine.run(['start'])
    expect(code).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toContain('error: server.port must be a port from 0 to 65535')
    expect(stderr).toContain(`--> ${file}:2:23`)
    expect(stderr).toContain('= fix: ')
    expect(stderr).not.toContain('canary')
  })

  it('names the vendor that was probably meant', async () => {
    await machine.writeConfig({ providers: [{ id: 'work', type: 'antropic', apiKey: 'sk-ant-canary-0001' }] })
    const { code, stderr } = await machine.run(['config', 'validate'])
    expect(code).toBe(3)
    expect(stderr).toContain('providers[0].type')
    expect(stderr).toContain('"anthropic"')
  })

  it('is told of at its place when it is no JSON at all', async () => {
    const file = await machine.writeConfig('{\n  "server": { "port": 3000\n}')
    const { code, stderr } = await machine.run(['config', 'validate'])
    expect(code).toBe(3)
    expect(stderr).toContain(`--> ${file}:3:`)
  })

  it('comes as objects for scripts', async () => {
    const file = await machine.writeConfig({ server: { port: 'high' } })
    const { code, stdout } = await machine.run(['config', 'validate', '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      path: file,
      problems: [{ severity: 'error', file, line: 3, field: 'server.port', fix: expect.any(String) }],
    })
  })

  it('is not needed to be right to switch the provider off that makes it wrong', async () => {
    await machine.writeConfig(`{
  // Mine
  "providers": [{ "id": "work", "type": "anthropic", "apiKey": "\${NOT_SET}" }]
}`)
    expect((await machine.run(['config', 'validate'])).code).toBe(3)
    expect((await machine.run(['providers', 'disable', 'work'])).code).toBe(0)
    expect((await machine.run(['config', 'validate'])).code).toBe(0)
    expect(await machine.readConfig()).toContain('// Mine')
  })

  it('lets an unknown key through with a warning that names the nearest', async () => {
    await machine.writeConfig({ server: { prot: 3000 } })
    const { code, stderr } = await machine.run(['config', 'validate'])
    expect(code).toBe(0)
    expect(stderr).toContain('warning:')
    expect(stderr).toContain('port')
  })
})

describe('secrets', () => {
  const CANARY = 'canary-4f1c9a7e'

  it('are in nothing that any command prints', async () => {
    await machine.writeConfig({
      auth: { keys: [{ name: 'me', key: `key-${CANARY}` }] },
      providers: [
        { id: 'work', type: 'openai', apiKey: `sk-${CANARY}-direct`, headers: { 'x-team': `team-${CANARY}` } },
        { id: 'other', type: 'openai', apiKey: '${OTHER_KEY}' },
        { id: 'off', type: 'openai', enabled: false, baseUrl: `https://user:${CANARY}@example.com/v1?key=${CANARY}` },
      ],
    })
    await writeFile(join(machine.home, 'request.json'), '{"model":"gpt-5.5","messages":[]}')
    const environment = { OTHER_KEY: `sk-${CANARY}-variable`, UCR_API_KEY: `gateway-${CANARY}` }
    const commands = [
      ['config', 'show'],
      ['config', 'validate'],
      ['config', 'validate', '--json'],
      ['config', 'path', '--json'],
      ['providers', 'list'],
      ['providers', 'list', '--json'],
      ['keys', 'list', '--json'],
      ['auth', 'list', '--json'],
      ['models', 'list'],
      ['explain', 'request.json', '--json'],
      ['env'],
      ['env', '--json'],
      ['status', '--json'],
      ['doctor', '--offline', '--json'],
    ]
    const results = await Promise.all(commands.map((words) => machine.run(words, { environment })))
    for (const [index, { stdout, stderr }] of results.entries()) {
      expect(`${commands[index]?.join(' ')}: ${stdout}${stderr}`).not.toContain(CANARY)
    }
    expect(results[0]).toMatchObject({ code: 0, stdout: expect.stringContaining('"id": "work"') })
  })

  it('are left out of the message about a wrong config', async () => {
    await machine.writeConfig({
      auth: { keys: [{ name: 'me', key: CANARY, hash: 1 }] },
      providers: [{ id: 'work', type: 'openai', apiKey: [CANARY], headers: { a: { b: CANARY } }, baseUrl: CANARY }],
    })
    for (const words of [['config', 'validate', '--json'], ['config', 'show'], ['start'], ['doctor']]) {
      const { stdout, stderr } = await machine.run(words)
      expect(`${stdout}${stderr}`).not.toContain(CANARY)
    }
  })
})

describe('config init', () => {
  it('writes a file for its owner alone that is valid, with a variable in place of the key', async () => {
    const environment = { ANTHROPIC_API_KEY: 'sk-ant-canary-0002' }
    const { code, stdout } = await machine.run(['config', 'init'], { environment })
    const file = join(machine.home, '.config', 'ucr', 'ucr.config.json')
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Wrote ${file}\n` })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = await readFile(file, 'utf8')
    expect(text).toContain('"apiKey": "${ANTHROPIC_API_KEY}"')
    expect(text).not.toContain('canary')
    expect(await machine.run(['config', 'validate'], { environment })).toMatchObject({ code: 0 })
    expect((await machine.run(['config', 'path'])).stdout).toBe(`${file}\n`)
  })

  it('replaces nothing without --force', async () => {
    await machine.writeConfig('{ "server": { "port": 4321 } }')
    const words = ['config', 'init', '--output', 'ucr.config.json']
    const refused = await machine.run(words)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('--force')
    expect(await machine.readConfig()).toContain('4321')
    expect((await machine.run([...words, '--force'])).code).toBe(0)
    expect(await machine.readConfig()).not.toContain('4321')
  })
})

describe('config path', () => {
  it('prefers --config to UCR_CONFIG, and that to the usual places', async () => {
    await machine.writeConfig('{}')
    await mkdir(join(machine.home, 'a'))
    await writeFile(join(machine.home, 'a', 'one.json'), '{}')
    await writeFile(join(machine.home, 'a', 'two.json'), '{}')
    const environment = { UCR_CONFIG: 'a/one.json' }
    const pathOf = async (words: readonly string[], options = {}) => (await machine.run(words, options)).stdout.trim()
    expect(await pathOf(['config', 'path'])).toBe(machine.configPath)
    expect(await pathOf(['config', 'path'], { environment })).toBe(join(machine.home, 'a', 'one.json'))
    expect(await pathOf(['config', 'path', '-c', 'a/two.json'], { environment })).toBe(
      join(machine.home, 'a', 'two.json'),
    )
  })
})

describe('models set', () => {
  it('takes everything behind the first slash for the name, and leaves comments alone', async () => {
    await machine.writeConfig(`{
  "providers": [
    // Many vendors behind one key
    { "id": "router", "type": "openrouter", "apiKey": "sk-or-0123456789" }
  ]
}`)
    expect((await machine.run(['models', 'set', 'router/meta/llama-4/free', '--default'])).code).toBe(0)
    const text = await machine.readConfig()
    expect(text).toContain('"defaultModel": "meta/llama-4/free"')
    expect(text).toContain('"default": "router/meta/llama-4/free"')
    expect(text).toContain('// Many vendors behind one key')
  })

  it.each(['router', 'router/', '/model'])('refuses %s', async (target) => {
    await machine.writeConfig('{}')
    expect((await machine.run(['models', 'set', target])).code).toBe(2)
  })

  it('knows no provider that is not there', async () => {
    await machine.writeConfig('{ "providers": [] }')
    const { code, stderr } = await machine.run(['models', 'set', 'work/claude'])
    expect(code).toBe(3)
    expect(stderr).toContain('no provider "work"')
  })
})

describe('auth', () => {
  const SECRET = 'gsk_canary0123456789abcdef'

  it('stores a key from standard input encrypted, for its owner alone, and forgets it', async () => {
    expect(await machine.run(['auth', 'login', 'groq'], { input: `${SECRET}\n` })).toMatchObject({ code: 0 })
    const folder = join(machine.home, '.config', 'ucr', 'credentials')
    const file = join(folder, 'credentials.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(await readFile(file, 'utf8')).not.toContain('canary')
    expect(await machine.json(['auth', 'list'])).toEqual([
      { provider: 'groq', type: 'api-key', hint: '…cdef', origin: null },
    ])
    await machine.writeConfig({ providers: [{ id: 'groq', type: 'groq' }] })
    expect((await machine.run(['providers', 'list'])).stdout).toContain('…cdef')
    expect((await machine.run(['auth', 'logout', 'groq'])).code).toBe(0)
    expect(await machine.json(['auth', 'list'])).toEqual([])
  })

  it('keeps a key for another address of a provider to that address', async () => {
    await machine.writeConfig({ providers: [{ id: 'mine', type: 'openai', baseUrl: 'https://llm.example.com/v1' }] })
    await machine.run(['auth', 'login', 'mine'], { input: SECRET })
    expect(await machine.json(['auth', 'list'])).toMatchObject([{ origin: 'https://llm.example.com' }])
  })

  it('is all that a vendor needs to be found where no config names providers', async () => {
    await machine.run(['auth', 'login', 'groq'], { input: SECRET })
    expect(await machine.json(['providers', 'list'])).toContainEqual(
      expect.objectContaining({ id: 'groq', key: '…cdef', source: 'stored credential' }),
    )
    const explained = await machine.json(['explain', '-'], { input: '{"model":"groq/llama","messages":[]}' })
    expect(explained).toMatchObject({ chosen: 'groq/llama' })
  })

  it('stores the key without which the config is wrong', async () => {
    await machine.writeConfig({ providers: [{ id: 'mine', type: 'groq', apiKey: '${NOT_SET}' }] })
    expect((await machine.run(['config', 'validate'])).code).toBe(3)
    const { code, stderr } = await machine.run(['auth', 'login', 'mine'], { input: SECRET })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect((await machine.run(['config', 'validate'])).code).toBe(0)
  })

  it.each([
    ['nothing', '', 'no key'],
    ['too little', 'abc', 'too short'],
    ['what no header can carry', 'key with blanks', 'characters'],
  ])('refuses %s', async (_, input, message) => {
    const { code, stderr } = await machine.run(['auth', 'login', 'groq'], { input })
    expect(code).not.toBe(0)
    expect(stderr).toContain(message)
    expect(await machine.json(['auth', 'list'])).toEqual([])
  })

  it('names the vendor that was probably meant', async () => {
    const { code, stderr } = await machine.run(['auth', 'login', 'grok1'], { input: SECRET })
    expect(code).toBe(3)
    expect(stderr).toContain('Did you mean')
  })

  it('says what to add to a config that does not have the provider', async () => {
    await machine.writeConfig({ providers: [{ id: 'work', type: 'openai', apiKey: 'sk-0123456789' }] })
    const { stderr } = await machine.run(['auth', 'login', 'groq'], { input: SECRET })
    expect(stderr).toContain('{"id":"groq","type":"groq"}')
  })
})

describe('without a terminal', () => {
  it('setup and config edit refuse, and say what to do instead', async () => {
    const setup = await machine.run(['setup'])
    expect(setup.code).toBe(2)
    expect(setup.stderr).toContain('ucr config init')
    await machine.writeConfig('{}')
    expect(await machine.run(['config', 'edit'], { environment: { EDITOR: 'touch' } })).toMatchObject({ code: 2 })
  })
})

describe('the command line', () => {
  it.each([
    [['frobnicate'], 'unknown command'],
    [['start', '--prot', '1'], '--port'],
    [['start', '--port', 'high'], 'whole number from 0 to 65535'],
    [['start', '--log-level', 'loud'], 'trace, debug, info'],
    [['explain'], 'missing required argument'],
    [['stop', 'now'], 'too many arguments'],
    [['config'], 'Usage: ucr config'],
  ])('%j is wrong: exit code 2', async (words, message) => {
    const { code, stdout, stderr } = await machine.run(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })

  it.each([[['--help']], [['-h']], [['start', '-h']], [['config', 'show', '--help']], [['help', 'start']], [[]]])(
    '%j is help on standard output',
    async (words) => {
      const { code, stdout, stderr } = await machine.run(words)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('Usage: ucr')
    },
  )

  it.each(['-v', '--version'])('%s is the version', async (word) => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await machine.run([word])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('colours only a terminal, or when asked to', async () => {
    await machine.writeConfig({ server: { port: 'x' } })
    const plain = await machine.run(['config', 'validate'])
    const forced = await machine.run(['config', 'validate'], { environment: { FORCE_COLOR: '1' } })
    expect(plain.stderr).not.toContain('\u001B')
    expect(forced.stderr).toContain('\u001B[')
  })
})
