import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/** A `claude` that writes down how it was called, and ends with the exit code in the variable of that name. */
async function installClaude(): Promise<string> {
  const folder = join(machine.home, 'bin')
  const file = join(folder, 'claude')
  await mkdir(folder)
  const script = `const { writeFileSync } = require('node:fs')
const { ANTHROPIC_BASE_URL, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY, OTHER, UCR_BACKGROUND, EXIT_CODE } = process.env
const seen = { words: process.argv.slice(2), ANTHROPIC_BASE_URL, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY, OTHER, UCR_BACKGROUND }
writeFileSync(${JSON.stringify(join(machine.home, 'seen.json'))}, JSON.stringify(seen))
process.exit(Number(EXIT_CODE ?? 0))
`
  await writeFile(file, `#!${process.execPath}\n${script}`)
  await chmod(file, 0o755)
  return folder
}

async function seen(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(machine.home, 'seen.json'), 'utf8'))
}

function writeConfig(more: object = {}): Promise<string> {
  return machine.writeConfig({
    server: { port: 0 },
    providers: [{ id: 'sim', type: 'simulator', baseUrl: simulator.url, models: ['text'] }],
    ...more,
  })
}

describe('code', () => {
  it('starts the gateway, then claude against it with every word as it is', async () => {
    await writeConfig()
    const PATH = `${await installClaude()}:/usr/bin:/bin`
    const words = ['-p', 'say "hi"; $(touch pwned) `x` * | >y', '--help', '-v', '-c', '--', '--port', '']
    const { code } = await machine.run(['code', ...words], { environment: { PATH, OTHER: 'kept' } })
    expect(code).toBe(0)
    const { gateways } = (await machine.json(['status'])) as { gateways: { urls: string[] }[] }
    expect(await seen()).toMatchObject({
      words,
      ANTHROPIC_BASE_URL: gateways[0]?.urls[0],
      ANTHROPIC_AUTH_TOKEN: 'ucr-local',
      OTHER: 'kept',
    })
    expect(await seen()).not.toHaveProperty('UCR_BACKGROUND')

    // The second time it is there already.
    await machine.run(['code'], { environment: { PATH } })
    expect(((await machine.json(['status'])) as { gateways: unknown[] }).gateways).toHaveLength(1)
  })

  it('ends with the exit code of claude', async () => {
    await writeConfig()
    const PATH = `${await installClaude()}:/usr/bin:/bin`
    expect((await machine.run(['code'], { environment: { PATH, EXIT_CODE: '42' } })).code).toBe(42)
  })

  it("sends the gateway its own key, and no vendor's, where it wants one", async () => {
    const { key, hash } = (await machine.json(['keys', 'create', '--line'])) as { key: string; hash: string }
    await writeConfig({ auth: { keys: [{ name: 'me', hash }] } })
    const PATH = `${await installClaude()}:/usr/bin:/bin`
    const unknown = await machine.run(['code'], { environment: { PATH } })
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('UCR_API_KEY')
    const environment = { PATH, MY_OWN_NAME: key, ANTHROPIC_API_KEY: 'sk-ant-0123456789' }
    expect((await machine.run(['code'], { environment })).code).toBe(0)
    expect(await seen()).toMatchObject({ ANTHROPIC_AUTH_TOKEN: key })
    expect(await seen()).not.toHaveProperty('ANTHROPIC_API_KEY')
  })

  it('keeps a token and a key that are there, at an open gateway', async () => {
    await writeConfig()
    const environment = {
      PATH: `${await installClaude()}:/usr/bin:/bin`,
      ANTHROPIC_AUTH_TOKEN: 'mine',
      ANTHROPIC_API_KEY: 'sk-ant-0123456789',
    }
    expect((await machine.run(['code'], { environment })).code).toBe(0)
    expect(await seen()).toMatchObject({ ANTHROPIC_AUTH_TOKEN: 'mine', ANTHROPIC_API_KEY: 'sk-ant-0123456789' })
  })

  it('finds a claude that CLAUDE_COMMAND names', async () => {
    await writeConfig()
    const CLAUDE_COMMAND = join(await installClaude(), 'claude')
    expect((await machine.run(['code', 'x'], { environment: { CLAUDE_COMMAND } })).code).toBe(0)
    expect(await seen()).toMatchObject({ words: ['x'] })
  })

  it('says how to get claude when there is none', async () => {
    await writeConfig()
    const environment = { CLAUDE_COMMAND: '/nowhere/claude' }
    const { code, stderr } = await machine.run(['code'], { environment })
    expect(code).toBe(127)
    expect(stderr).toContain('npm install -g @anthropic-ai/claude-code')
  })
})

describe('env', () => {
  it("prints lines that each shell takes, and names a key's variable in place of the key", async () => {
    const { key, hash } = (await machine.json(['keys', 'create', '--line'])) as { key: string; hash: string }
    await writeConfig({ auth: { keys: [{ name: 'me', hash }] }, server: { port: 4567 } })
    const environment = { UCR_API_KEY: key }
    const linesFor = async (shell: string) =>
      (await machine.run(['env', '--shell', shell], { environment })).stdout.split('\n')
    expect(await linesFor('sh')).toEqual(
      expect.arrayContaining([
        'export ANTHROPIC_BASE_URL=http://127.0.0.1:4567',
        'export OPENAI_BASE_URL=http://127.0.0.1:4567/v1',
        'export ANTHROPIC_AUTH_TOKEN="$UCR_API_KEY"',
      ]),
    )
    expect(await linesFor('fish')).toContain('set -gx ANTHROPIC_AUTH_TOKEN "$UCR_API_KEY"')
    expect(await linesFor('powershell')).toContain('$env:ANTHROPIC_AUTH_TOKEN = $env:UCR_API_KEY')
  })

  it("leaves vendors' keys alone at an open gateway, and takes back what it set", async () => {
    await writeConfig({ server: { port: 4567 } })
    const { stdout } = await machine.run(['env'], { environment: { OPENAI_API_KEY: 'sk-0123456789' } })
    expect(stdout).toContain('export ANTHROPIC_AUTH_TOKEN=ucr-local')
    expect(stdout).not.toContain('OPENAI_API_KEY')
    const unset = async (environment: Readonly<Record<string, string>>) =>
      (await machine.run(['env', '--unset'], { environment })).stdout.trim().split('\n')
    expect(await unset({ ANTHROPIC_AUTH_TOKEN: 'ucr-local', OPENAI_API_KEY: 'sk-0123456789' })).toEqual([
      'unset ANTHROPIC_BASE_URL',
      'unset OPENAI_BASE_URL',
      'unset ANTHROPIC_AUTH_TOKEN',
    ])
  })

  it("is never taken for a vendor's key by a gateway that starts in the same shell", async () => {
    const environment = { OPENAI_API_KEY: 'ucr-local', ANTHROPIC_AUTH_TOKEN: 'ucr-local' }
    const providers = (await machine.json(['providers', 'list'], { environment })) as { id: string }[]
    expect(providers.map(({ id }) => id)).not.toContain('openai')
    expect(providers.map(({ id }) => id)).not.toContain('anthropic')
  })
})
