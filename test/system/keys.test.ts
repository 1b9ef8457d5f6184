import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { Admin, adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import { comparableAnswer } from '../support/comparable-answer.ts'
import type { ConfigFile, TestGateway, TestGatewayOptions } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { chat, messages } = SPEAKERS

async function installed(config: ConfigFile = {}, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  return install({ providers: [provider('far', chat, upstream.url)], ...config }, options)
}

function askAs(gateway: TestGateway, key: string, client = chat, model = 'gpt-5.5'): Promise<Answer> {
  return generate(gateway, client, model, {}, { authorization: `Bearer ${key}` })
}

const statusOf = async (answer: Promise<Answer>): Promise<number> => (await answer).status

describe('a key of the admin API', () => {
  it('lives from its making to its revocation, each step in force with the answer to it', async () => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    const { key, id } = await admin.create('laptop', { owner: 'ann@example.com' })
    expect(await statusOf(askAs(gateway, key))).toBe(200)

    const { keys } = (await admin.call('GET', '')).json()
    expect(keys).toMatchObject([{ id, name: 'laptop', owner: 'ann@example.com', source: 'store', status: 'active' }])
    expect((await admin.call('GET', '/laptop')).json()).toMatchObject({
      id,
      secrets: [{ hint: `ucr_…${key.slice(-4)}` }],
    })

    await admin.call('PATCH', `/${id}`, { disabled: true })
    expect(await statusOf(askAs(gateway, key))).toBe(401)
    await admin.call('PATCH', `/${id}`, { disabled: false })
    expect(await statusOf(askAs(gateway, key))).toBe(200)

    const fresh = String((await admin.call('POST', `/${id}/rotate`)).json()['key'])
    expect(fresh).not.toBe(key)
    expect([await statusOf(askAs(gateway, key)), await statusOf(askAs(gateway, fresh))]).toEqual([200, 200])
    const last = String((await admin.call('POST', `/${id}/rotate`, { overlap: 0 })).json()['key'])
    expect([await statusOf(askAs(gateway, fresh)), await statusOf(askAs(gateway, last))]).toEqual([401, 200])

    expect((await admin.call('DELETE', `/${id}`)).json()).toMatchObject({ status: 'revoked' })
    expect(await statusOf(askAs(gateway, last))).toBe(401)
    expect(await statusOf(admin.call('PATCH', `/${id}`, { disabled: false }))).toBe(409)
  })

  it('is shown once, and is nowhere in what is kept, listed or logged', async () => {
    const folder = temporaryFolder()
    const gateway = await installed({ logging: { level: 'trace' } }, { folder })
    const admin = adminOf(gateway)
    const made = await admin.call('POST', '', { name: 'laptop' })
    const key = String(made.json()['key'])
    await askAs(gateway, key)
    const rotated = await admin.call('POST', '/laptop/rotate', { overlap: '1h' })
    const seen = [
      await admin.call('GET', ''),
      await admin.call('GET', '/laptop'),
      await admin.call('PATCH', '/laptop', { owner: 'ann' }),
      await admin.call('DELETE', '/laptop'),
    ].map(({ text }) => text)
    expect(seen.join()).toContain(key.slice(-4))
    for (const secret of [key, String(rotated.json()['key']), admin.token]) {
      expect(seen.join() + gateway.logText()).not.toContain(secret)
      expect(seen.join() + gateway.logText()).not.toContain(hashKey(secret).slice(7))
    }
    expect(seen.join()).not.toContain('sha256')
    expect(made.headers['cache-control']).toBe('no-store')
  })

  it('is refused with the same answer, whether unknown, revoked, disabled or expired', async () => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    const revoked = await admin.create('revoked')
    await admin.call('DELETE', `/${revoked.id}`)
    const disabled = await admin.create('disabled', { disabled: true })
    const expired = await admin.create('expired', { expires: '2020-01-01' })
    const unknown = comparableAnswer(await askAs(gateway, 'ucr_unknown'))
    expect(unknown).toMatchObject({ status: 401 })
    for (const { key } of [revoked, disabled, expired])
      expect(comparableAnswer(await askAs(gateway, key))).toEqual(unknown)
  })

  it('closes the gateway that was open, and the last one that is revoked does not open it again', async () => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    expect(await statusOf(generate(gateway, chat, 'gpt-5.5'))).toBe(200)
    const { id } = await admin.create('first')
    expect(await statusOf(generate(gateway, chat, 'gpt-5.5'))).toBe(401)
    await admin.call('DELETE', `/${id}`)
    expect(await statusOf(generate(gateway, chat, 'gpt-5.5'))).toBe(401)
    expect((await admin.call('DELETE', `/${id}?forget=true`)).json()).toEqual({ forgotten: true })
    expect(await statusOf(generate(gateway, chat, 'gpt-5.5'))).toBe(200)
  })

  it('is there after a restart, and so is its revocation', async () => {
    const folder = temporaryFolder()
    const first = await installed({}, { folder })
    const keep = await adminOf(first).create('keep')
    const drop = await adminOf(first).create('drop')
    await adminOf(first).call('DELETE', '/drop')
    const { token } = adminOf(first)
    await first.close()
    const second = await installed({}, { folder })
    expect(await statusOf(askAs(second, keep.key))).toBe(200)
    expect(await statusOf(askAs(second, drop.key))).toBe(401)
    expect(await statusOf(generate(second, chat, 'gpt-5.5'))).toBe(401)
    expect(adminOf(second).token).toBe(token)
  })

  it('keeps everybody out but the keys of the config where what was kept cannot be read', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'state'))
    writeFileSync(join(folder, 'state', 'ucr.db'), 'no database '.repeat(1000))
    const open = await installed({}, { folder })
    expect(await statusOf(generate(open, chat, 'gpt-5.5'))).toBe(401)
    expect(await statusOf(adminOf(open).call('POST', '', { name: 'me' }))).toBe(500)
    await open.logged(({ msg }) => msg === 'the keys that were made before cannot be read')
    const keyed = await installed({ auth: { keys: [{ name: 'me', key: 'my-own-key-1' }] } }, { folder })
    expect(await statusOf(askAs(keyed, 'my-own-key-1'))).toBe(200)
  })
})

describe.each(EVERY_SPEAKER)('what a key may do, told to clients of $protocol', (client) => {
  it('models', async () => {
    const gateway = await installed()
    const { key } = await adminOf(gateway).create('claude only', { models: ['claude-*'] })
    const refused = await askAs(gateway, key, client)
    expect(refused.status).toBe(403)
    expect(refused.headers['x-ucr-error']).toBe('forbidden')
    expect(JSON.stringify(client.errorOf(refused))).toContain('may not use the model')
    const listed = await ask(`${gateway.url}/v1/models`, {
      headers: { ...client.headers, authorization: `Bearer ${key}` },
    })
    expect(listed.json()['data']).toEqual([])
    await adminOf(gateway).call('PATCH', '/claude only', { models: ['gpt-*'] })
    expect(await statusOf(askAs(gateway, key, client))).toBe(200)
  })

  it('routes', async () => {
    const gateway = await installed()
    const { key } = await adminOf(gateway).create('reader', { routes: ['/v1/models*', '/metrics'] })
    const refused = await askAs(gateway, key, client)
    expect(refused.status).toBe(403)
    expect(JSON.stringify(client.errorOf(refused))).toContain(`may not be used at ${client.path}`)
    const get = (path: string): Promise<number> =>
      statusOf(ask(gateway.url + path, { headers: { ...client.headers, authorization: `Bearer ${key}` } }))
    const paths = ['/v1/models', '/v1/models/far/gpt-5.5', '/metrics', '/cache/stats', '/debug/metrics', '/health']
    expect(await Promise.all(paths.map(get))).toEqual([200, 200, 200, 403, 403, 200])
  })

  it('how often', async () => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    const { key } = await admin.create('slow', { rateLimit: { max: 2, timeWindow: '1h' } })
    const other = await admin.create('also slow', { rateLimit: { max: 2, timeWindow: '1h' } })
    const seen = [await askAs(gateway, key, client), await askAs(gateway, key, client)].map(({ status }) => status)
    expect(seen).toEqual([200, 200])
    const refused = await askAs(gateway, key, client)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    const limit = client === messages ? 'anthropic-ratelimit-requests-limit' : 'x-ratelimit-limit-requests'
    expect(refused.headers[limit]).toBe('2')
    expect(await statusOf(askAs(gateway, other.key, client))).toBe(200)
    await admin.call('PATCH', '/slow', { rateLimit: null })
    expect(await statusOf(askAs(gateway, key, client))).toBe(200)
  })
})

describe('a limit of its own', () => {
  it('takes the place of the one for all keys', async () => {
    const gateway = await installed({
      server: { rateLimit: { max: 3, timeWindow: '1h' }, trustedProxies: ['127.0.0.1'] },
    })
    const admin = adminOf(gateway)
    let hop = 0
    // From another address each time: it is the keys that are counted here.
    const ask100 = async (key: string, times: number): Promise<readonly number[]> => {
      const list: number[] = []
      for (let index = 0; index < times; index++) {
        const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': `10.0.0.${++hop}` }
        list.push((await generate(gateway, chat, 'gpt-5.5', {}, headers)).status)
      }
      return list
    }
    const usual = await admin.create('usual')
    const fast = await admin.create('fast', { rateLimit: { max: 5, timeWindow: '1h' } })
    expect(await ask100(usual.key, 4)).toEqual([200, 200, 200, 429])
    expect(await ask100(fast.key, 6)).toEqual([200, 200, 200, 200, 200, 429])
  })
})

describe('keys of the config', () => {
  const KEYS = [{ name: 'file', key: 'key-of-the-file', owner: 'ann', models: ['claude-*'] }]

  it('are listed beside the others, and only their file changes them', async () => {
    const gateway = await installed({ auth: { keys: KEYS } })
    const admin = adminOf(gateway)
    await admin.create('stored')
    const { keys } = (await admin.call('GET', '')).json() as { keys: readonly Json[] }
    expect(keys).toMatchObject([
      { name: 'file', source: 'config', owner: 'ann', models: ['claude-*'], created: null },
      { name: 'stored', source: 'store' },
    ])
    const id = String(keys[0]?.['id'])
    for (const name of ['file', id]) {
      expect((await admin.call('GET', `/${name}`)).json()).toMatchObject({ id, source: 'config' })
      expect(await statusOf(admin.call('PATCH', `/${name}`, { models: null }))).toBe(409)
      expect(await statusOf(admin.call('DELETE', `/${name}`))).toBe(409)
      expect(await statusOf(admin.call('DELETE', `/${name}?forget=true`))).toBe(409)
      expect(await statusOf(admin.call('POST', `/${name}/rotate`))).toBe(409)
    }
    expect(await statusOf(admin.call('POST', '', { name: 'file' }))).toBe(409)
  })

  it('end, and are disabled, without a restart', async () => {
    const gateway = await installed({ auth: { keys: [{ name: 'me', key: 'my-own-key-1' }] } })
    expect(await statusOf(askAs(gateway, 'my-own-key-1'))).toBe(200)
    await gateway.rewrite({ auth: { keys: [{ name: 'me', key: 'my-own-key-1', expires: '2020-01-01' }] } })
    expect(await statusOf(askAs(gateway, 'my-own-key-1'))).toBe(401)
  })
})

describe('the admin API', () => {
  it('takes the token whose hash is in the config, and then no other', async () => {
    const token = 'a-token-of-my-own-0123'
    const gateway = await installed({ auth: { adminToken: hashKey(token) } })
    expect(await statusOf(new Admin(gateway.url, token).call('GET', ''))).toBe(200)
    expect(await statusOf(adminOf(gateway).call('GET', ''))).toBe(401)
    await gateway.rewrite({ auth: {} })
    expect(await statusOf(new Admin(gateway.url, token).call('GET', ''))).toBe(401)
    expect(await statusOf(adminOf(gateway).call('GET', ''))).toBe(200)
  })

  it.each<[string, Json | string, number]>([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['no name', {}, 400],
    ['a field that is not its to set', { name: 'me', id: 'key_mine' }, 400],
    ['the hash of a key of its own', { name: 'me', secrets: [{ hash: hashKey('my-own-key-1') }] }, 400],
    ['a field that is wrong', { name: 'me', models: 'claude-*' }, 400],
  ])('makes no key of %s', async (_, body, status) => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    const answer = await admin.call('POST', '', body)
    expect(answer.status).toBe(status)
    expect((await admin.call('GET', '')).json()).toEqual({ keys: [] })
  })

  it('deletes nothing of which nobody can mean it', async () => {
    const gateway = await installed()
    const admin = adminOf(gateway)
    const { id } = await admin.create('me')
    for (const path of [`/${id}?forget=yes`, `/${id}?all=true`, `/${id}?forget=true&x=1`]) {
      expect(await statusOf(admin.call('DELETE', path))).toBe(400)
    }
    // Only what is revoked can be forgotten.
    expect(await statusOf(admin.call('DELETE', `/${id}?forget=true`))).toBe(409)
    for (const path of ['/other', '/%27%20OR%201=1', '/__proto__']) {
      expect(await statusOf(admin.call('DELETE', path))).toBe(404)
    }
    expect((await admin.call('GET', '')).json()).toMatchObject({ keys: [{ status: 'active' }] })
  })
})

describe('GET /v1/auth/status', () => {
  const status = async (gateway: TestGateway): Promise<Json> => (await ask(`${gateway.url}/v1/auth/status`)).json()

  it('says before there is a key what one would need', async () => {
    const gateway = await installed()
    const open = await status(gateway)
    expect(open).toMatchObject({
      authentication: { enabled: false, type: 'none' },
      server_info: { api_key_required: false, api_key_source: 'none' },
    })
    expect(open).toHaveProperty('authentication.public_endpoints', expect.arrayContaining(['POST /v1/messages']))
    expect(open).toHaveProperty('authentication.protected_endpoints', expect.arrayContaining(['GET /admin/keys']))
    const { key } = await adminOf(gateway).create('me')
    const text = (await ask(`${gateway.url}/v1/auth/status`)).text
    expect(JSON.parse(text)).toMatchObject({
      authentication: { enabled: true, type: 'bearer_token' },
      server_info: { api_key_required: true, api_key_source: 'runtime' },
    })
    expect(text).not.toContain(key.slice(-4))
    expect(text).not.toMatch(/length|hint|\bme\b/)
  })
})
