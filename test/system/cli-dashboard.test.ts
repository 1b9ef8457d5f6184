import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { ask } from '../support/ask.ts'
import { UserMachine } from '../support/ucr-process.ts'

const TOKEN = 'admin-token-0123456789'

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

async function startGateway(more: object = {}): Promise<string> {
  await machine.writeConfig({ server: { port: 0 }, providers: [{ id: 'sim', type: 'simulator' }], ...more })
  const [, url = ''] = await machine.start(['start']).printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return url
}

async function opens(url: string, token: string): Promise<boolean> {
  const { status } = await ask(`${url}/admin/overview`, { headers: { authorization: `Bearer ${token}` } })
  return status === 200
}

describe('ucr dashboard', () => {
  it('prints a link with the token that was made on the first start', async () => {
    const url = await startGateway()
    const { code, stdout, stderr } = await machine.run(['dashboard'])
    expect(code).toBe(0)
    const [, place, token = ''] = /^(.*)#token=(.*)\n$/.exec(stdout) ?? []
    expect(place).toBe(`${url}/dashboard`)
    expect(await opens(url, token)).toBe(true)
    expect(stderr).toContain('it holds the admin token')
  })

  it('has no token in the link where only its hash is known', async () => {
    const url = await startGateway({ auth: { adminToken: hashKey(TOKEN) } })
    const without = await machine.json(['dashboard'])
    expect(without).toEqual({ url: `${url}/dashboard`, signingIn: null })
    const wrong = await machine.json(['dashboard'], { environment: { UCR_ADMIN_TOKEN: 'another-0123456789' } })
    expect(wrong).toEqual(without)
    const right = await machine.json(['dashboard'], { environment: { UCR_ADMIN_TOKEN: TOKEN } })
    expect(right).toEqual({ url: `${url}/dashboard`, signingIn: `${url}/dashboard#token=${TOKEN}` })
  })

  it('says that no gateway runs', async () => {
    const { code, stdout, stderr } = await machine.run(['dashboard'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('No gateway is running.')
  })
})
