import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import { comparableAnswer } from '../support/comparable-answer.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { claimsAt, keySet, signed, signingKey } from '../support/tokens.ts'

const { chat, messages } = SPEAKERS

interface IssuerPage {
  url: string
  reads: number
  /** Null: it answers 500. */
  text: string | null
}

/** Where an issuer publishes its keys. */
async function publish(text: string | null): Promise<IssuerPage> {
  const page: IssuerPage = { url: '', reads: 0, text }
  const server = createServer((_request, response) => {
    page.reads++
    response.writeHead(page.text === null ? 500 : 200, { 'content-type': 'application/json' }).end(page.text ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  page.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  return page
}

const one = await signingKey('one')
const two = await signingKey('two', 'RS256')

const issuer = (jwks: string, more: object = {}) => ({
  issuer: 'https://login.example.com/',
  audience: 'ucr',
  jwks,
  ...more,
})

type Auth = NonNullable<ConfigFile['auth']>

/** A gateway with this access, and a way to change it. */
async function installed(
  auth: Auth,
  server: NonNullable<ConfigFile['server']> = {},
): Promise<TestGateway & { readonly change: (auth: Auth) => Promise<void> }> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  const providers = [provider('far', chat, upstream.url)]
  const gateway = await install({ providers, auth, server })
  return { ...gateway, change: (next) => gateway.rewrite({ providers, auth: next }) }
}

async function askWith(gateway: TestGateway, token: string, more: Json = {}): Promise<Answer> {
  return generate(gateway, chat, 'gpt-5.5', more, { authorization: `Bearer ${token}` })
}

const claims = (more: object = {}) => claimsAt(Date.now(), { ...more })

describe('a token', () => {
  it('names whoever a session belongs to', async () => {
    const page = await publish(keySet(one))
    const gateway = await installed({ jwt: [issuer(page.url, { claims: { name: 'email' } })] })
    const admin = adminOf(gateway)
    const headers = { authorization: `Bearer ${await signed(claims({ email: 'ann@example.com' }), one)}` }
    await generate(gateway, chat, 'gpt-5.5', {}, { ...headers, 'x-session-id': 'spoken' })
    await ask(`${gateway.url}/v1/sessions`, { headers, body: { session_id: 'made', model: 'gpt-5.5' } })
    const added = { messages: [{ role: 'user', content: 'Hello' }] }
    await ask(`${gateway.url}/v1/sessions/added/messages`, { headers, body: added })
    const { data } = (await admin.read('sessions')).json() as { data: { id: string; keyName: string }[] }
    expect(data.map(({ id }) => id).toSorted()).toEqual(['added', 'made', 'spoken'])
    expect(new Set(data.map(({ keyName }) => keyName))).toEqual(new Set(['ann@example.com']))
  })

  it('lets its bearer in, wherever a key may stand, under the name that it gives', async () => {
    const page = await publish(keySet(one))
    const gateway = await installed({ jwt: [issuer(page.url, { claims: { name: 'email' } })] })
    const token = await signed(claims({ email: 'ann@example.com' }), one)
    const answer = await askWith(gateway, token)
    expect(chat.wordsOf(answer)).toBe('Hello')
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({ keyName: 'ann@example.com' })
    const other = await generate(gateway, messages, 'gpt-5.5', {}, { 'x-api-key': token })
    expect(messages.wordsOf(other)).toBe('Hello')
    expect(page.reads).toBe(1)
    expect(gateway.logText()).not.toContain(token.slice(0, 40))
  })

  it('is refused like any unknown key when something is wrong with it, and costs no call of a vendor', async () => {
    const page = await publish(keySet(one))
    const gateway = await installed({ keys: [{ name: 'me', key: 'my-own-key-1' }], jwt: [issuer(page.url)] })
    const unknown = await askWith(gateway, 'unknown-key-0123456789')
    expect(unknown.status).toBe(401)
    const bad = [
      await signed(claims({ exp: 1 }), one),
      await signed(claims({ aud: 'other' }), one),
      await signed(claims({ iss: 'https://evil.example/' }), one),
      await signed(claims(), two),
      `${await signed(claims(), one)}x`,
    ]
    for (const token of bad) {
      const answer = await askWith(gateway, token)
      expect(answer.status).toBe(401)
      expect(comparableAnswer(answer)).toEqual(comparableAnswer(unknown))
    }
    expect(gateway.log.filter(({ msg }) => msg === 'a token was refused').map(({ why }) => why)).toEqual([
      'ERR_JWT_EXPIRED',
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      'ERR_JWKS_NO_MATCHING_KEY',
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ])
  })

  it('may ask for the models that it names, and for those only', async () => {
    const gateway = await installed({ jwt: [issuer((await publish(keySet(one))).url, { claims: { models: 'may' } })] })
    expect((await askWith(gateway, await signed(claims({ may: ['gpt-*'] }), one))).status).toBe(200)
    const refused = await askWith(gateway, await signed(claims({ may: ['claude-*'] }), one))
    expect(refused.status).toBe(403)
    expect(refused.headers['x-ucr-error']).toBe('forbidden')
    expect((await askWith(gateway, await signed(claims(), one))).status).toBe(403)
  })

  it('has the rules of the key that it stands for, and ends with it', async () => {
    const page = await publish(keySet(one))
    const team = { name: 'team', key: 'key-of-the-team', models: ['gpt-*'], routes: ['/v1/chat/*'] }
    const jwt = [issuer(page.url, { key: 'team' })]
    const gateway = await installed({ keys: [team], jwt })
    const token = await signed(claims(), one)
    expect((await askWith(gateway, token)).status).toBe(200)
    expect((await askWith(gateway, token, { model: 'claude-sonnet-5' })).status).toBe(403)
    const models = await ask(`${gateway.url}/v1/models`, {
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(models.status).toBe(403)
    await gateway.change({ keys: [{ ...team, disabled: true }], jwt })
    expect((await askWith(gateway, token)).status).toBe(401)
  })

  it("is a stranger's as soon as the config trusts its issuer no more", async () => {
    const page = await publish(keySet(one))
    const keys = [{ name: 'me', key: 'my-own-key-1' }]
    const gateway = await installed({ keys, jwt: [issuer(page.url)] })
    const token = await signed(claims(), one)
    expect((await askWith(gateway, token)).status).toBe(200)
    await gateway.change({ keys, jwt: [issuer(page.url, { audience: 'other' })] })
    expect((await askWith(gateway, token)).status).toBe(401)
    await gateway.change({ keys })
    expect((await askWith(gateway, token)).status).toBe(401)
  })

  it('of a new key of the issuer is good at once, and the old ones stay so while the issuer is out', async () => {
    const page = await publish(null)
    const gateway = await installed({ jwt: [issuer(page.url)] })
    // Nothing is known yet: the client is told to come again, not that its token is bad.
    const early = await askWith(gateway, await signed(claims(), one))
    expect(early.status).toBe(503)
    expect(early.headers['retry-after']).toBe('5')
    await gateway.logged(({ msg }) => msg === 'the keys of an issuer cannot be read')
    page.text = keySet(one, two)
    await gateway.change({ jwt: [issuer(page.url, { clockTolerance: '10s' })] })
    expect((await askWith(gateway, await signed(claims(), two))).status).toBe(200)
    page.text = null
    expect((await askWith(gateway, await signed(claims(), one))).status).toBe(200)
  })

  it.each(['lean', 'node'] as const)('waits unread until its sender is known, body and all (%s)', async (engine) => {
    const open = Promise.withResolvers<void>()
    const server = createServer((_request, response) => {
      void open.promise.then(() => response.end(keySet(one)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const gateway = await installed({ jwt: [issuer(jwks)] }, { engine })
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const body = JSON.stringify(chat.request('gpt-5.5', { user: 'x'.repeat(20_000_000) }))
    const token = await signed(claims(), one)
    socket.write(
      `POST ${chat.path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${body.length}\r\nauthorization: Bearer ${token}\r\n\r\n${body}`,
    )
    // By then everything would have been read that is ever going to be.
    for (let round = 0; round < 50; round++) await ask(`${gateway.url}/health/live`)
    expect(socket.writableLength).toBeGreaterThan(0)
    open.resolve()
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain('Hello')
  })
})
