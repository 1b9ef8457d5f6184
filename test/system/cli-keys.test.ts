import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

async function startGateway(more: object = {}): Promise<string> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)], ...more })
  const [, url = ''] = await machine.start(['start']).printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return url
}

function askAs(url: string, key: string): Promise<Answer> {
  return ask(`${url}${chat.path}`, { headers: { authorization: `Bearer ${key}` }, body: chat.request('far/gpt-5.5') })
}

const keyOf = (stdout: string): string => stdout.trim()

describe.each(['while a gateway runs', 'while none runs'])('keys, %s', (when) => {
  it('are made, listed, rotated, disabled, enabled and revoked', async () => {
    const running = when === 'while a gateway runs'
    const url = running ? await startGateway() : ''
    // In a gateway that runs, what a command has done is in force when it ends.
    const expectTaken = async (key: string, taken: boolean): Promise<void> => {
      if (running) expect((await askAs(url, key)).status).toBe(taken ? 200 : 401)
    }
    const words = ['--model', 'far/*', '--model', 'fast', '--rate-limit', '60/1m', '--owner', 'ann', '--route', '/v1/*']
    words.push('--claude-tools', 'Read', '--claude-tools', 'Bash(git *)')
    const created = await machine.run(['keys', 'create', 'laptop', '--expires', '2199-01-31', ...words])
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ucr_\w{38}\n$/) })
    const key = keyOf(created.stdout)
    await expectTaken(key, true)
    expect(await machine.json(['keys', 'list'])).toMatchObject([
      {
        name: 'laptop',
        source: 'store',
        status: 'active',
        owner: 'ann',
        models: ['far/*', 'fast'],
        routes: ['/v1/*'],
        rateLimit: { max: 60, timeWindow: '1m' },
        claudeTools: ['Read', 'Bash(git *)'],
        expires: '2199-01-31T00:00:00.000Z',
        secrets: [{ hint: `ucr_…${key.slice(-4)}` }],
      },
    ])
    const shown = await machine.run(['keys', 'list'])
    expect(shown.stdout).toMatch(/laptop +active +ucr_….... +far\/\*, fast +ann +2199-01-31/)
    expect(shown.stdout + shown.stderr).not.toContain(key)

    const rotated = keyOf((await machine.run(['keys', 'rotate', 'laptop', '--overlap', '1d'])).stdout)
    await expectTaken(key, true)
    await expectTaken(rotated, true)
    const last = ((await machine.json(['keys', 'rotate', 'laptop', '--overlap', '0'])) as Json)['key']
    await expectTaken(rotated, false)
    await expectTaken(String(last), true)

    expect((await machine.run(['keys', 'disable', 'laptop'])).code).toBe(0)
    await expectTaken(String(last), false)
    expect(await machine.json(['keys', 'list'])).toMatchObject([{ status: 'disabled' }])
    expect((await machine.run(['keys', 'enable', 'laptop'])).code).toBe(0)
    await expectTaken(String(last), true)

    expect((await machine.run(['keys', 'revoke', 'laptop'])).code).toBe(0)
    await expectTaken(String(last), false)
    expect(await machine.json(['keys', 'list'])).toMatchObject([{ status: 'revoked' }])
    const again = await machine.run(['keys', 'revoke', 'laptop'])
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('There is no such key')
  })

  it('says what is wrong', async () => {
    if (when === 'while a gateway runs') await startGateway()
    await machine.run(['keys', 'create', 'laptop'])
    const taken = await machine.run(['keys', 'create', 'laptop'])
    expect(taken).toMatchObject({ code: 1, stdout: '' })
    expect(taken.stderr).toContain('There is a key named "laptop" already')
    const expired = await machine.run(['keys', 'create', 'other', '--expires', 'tomorrow'])
    expect(expired.stderr).toContain('expires: must be a date')
    for (const words of [
      ['keys', 'create', 'a/b'],
      ['keys', 'create', 'other', '--rate-limit', 'often'],
      ['keys', 'create', 'other', '--line', '--claude-tools', '--model'],
      ['keys', 'create', 'other', '--line', '--claude-tools', 'Read,Write'],
    ]) {
      expect((await machine.run(words)).code).toBe(2)
    }
    const [, gone] = [await machine.run(['keys', 'revoke', 'laptop', '--forget']), await machine.json(['keys', 'list'])]
    expect(gone).toEqual([])
  })
})

describe('keys', () => {
  it('that a command has made while no gateway ran are good in the next one', async () => {
    const key = keyOf((await machine.run(['keys', 'create', 'laptop'])).stdout)
    const url = await startGateway()
    expect((await askAs(url, key)).status).toBe(200)
    expect((await askAs(url, 'anything')).status).toBe(401)
  })

  it('create --save writes the hash into the config, list names it, revoke takes it out', async () => {
    await machine.writeConfig('{\n  // Who\n  "auth": { "keys": [] }\n}')
    const words = ['--model', 'claude-*', '--rate-limit', '60/1m', '--expires', '2199-01-31', '--owner', 'ann']
    words.push('--claude-tools', 'Read')
    const created = (await machine.json(['keys', 'create', 'laptop', '--save', ...words])) as {
      key: string
      hash: string
    }
    expect(created.key).toMatch(/^ucr_\w{38}$/)
    const text = await machine.readConfig()
    expect(text).toContain(created.hash)
    expect(text).toContain('// Who')
    expect(text).not.toContain(created.key)
    expect(await machine.json(['keys', 'list'])).toMatchObject([
      {
        name: 'laptop',
        source: 'config',
        models: ['claude-*'],
        owner: 'ann',
        rateLimit: { max: 60, timeWindow: '1m' },
        claudeTools: ['Read'],
        expires: '2199-01-31T00:00:00.000Z',
      },
    ])
    expect((await machine.run(['keys', 'create', 'laptop', '--save'])).code).toBe(3)
    expect((await machine.run(['keys', 'create', 'laptop'])).stderr).toContain('There is a key named "laptop" already')
    expect((await machine.run(['keys', 'disable', 'laptop'])).stderr).toContain('stands in the config file')
    expect((await machine.run(['keys', 'create', 'other', '--save', '--expires', 'soon'])).code).toBe(2)
    expect((await machine.run(['keys', 'revoke', 'laptop'])).code).toBe(0)
    expect(await machine.json(['keys', 'list'])).toEqual([])
    expect((await machine.run(['keys', 'revoke', 'laptop'])).code).toBe(1)
  })

  it('create --line prints the key and the line for the config, and writes nothing', async () => {
    const { code, stdout } = await machine.run(['keys', 'create', '--line'])
    expect(code).toBe(0)
    const [key = '', line = ''] = stdout.split('\n')
    expect(JSON.parse(line)).toEqual({ name: 'me', hash: hashKey(key) })
    expect(await machine.json(['keys', 'list'])).toEqual([])
  })

  it('create --save without a config file says how to make one', async () => {
    const { code, stderr } = await machine.run(['keys', 'create', '--save'])
    expect(code).toBe(3)
    expect(stderr).toContain('ucr config init')
  })

  it('are asked for with the token of the environment where the config has the hash of one', async () => {
    const token = 'a-token-of-my-own-0123'
    await startGateway({ auth: { adminToken: hashKey(token) } })
    const refused = await machine.run(['keys', 'list'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('UCR_ADMIN_TOKEN')
    expect(refused.stderr).not.toContain('ucr_admin_')
    expect(await machine.json(['keys', 'list'], { environment: { UCR_ADMIN_TOKEN: token } })).toEqual([])
  })

  it('are kept where only their user can read them', async () => {
    await machine.run(['keys', 'create'])
    const { mode } = await import('node:fs/promises').then(({ stat }) =>
      stat(join(machine.home, '.local', 'state', 'ucr', 'ucr.db')),
    )
    expect(mode & 0o777).toBe(0o600)
  })

  it('of the store are what "ucr code" and "ucr env" look for in the environment', async () => {
    const key = keyOf((await machine.run(['keys', 'create'])).stdout)
    const unknown = await machine.run(['env'])
    const known = await machine.run(['env'], { environment: { MY_KEY: key } })
    expect(known.stdout).not.toBe(unknown.stdout)
    expect(known.stdout + known.stderr).toContain('MY_KEY')
  })
})

it('ucr keys list shows what others wrote about a key as text: nothing in it moves the cursor or sets the clipboard', async () => {
  const evil = '\u001b]52;c;ZXZpbA==\u0007\u001b[2Jann\r\u202e'
  expect((await machine.run(['keys', 'create', 'laptop', '--owner', evil, '--model', `${evil}*`])).code).toBe(0)
  const { stdout } = await machine.run(['keys', 'list'])
  expect(stdout).toContain('ann')
  expect(stdout).not.toMatch(/[^\n\x20-\x7e…]/u)
})
