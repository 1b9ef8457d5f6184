import { describe, expect, it, onTestFinished } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import type { Access } from '../../src/server/plain-route.ts'
import { Admin } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import { RawClient } from '../support/raw-client.ts'
import type { RawAnswer } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { AUDIENCE, claimsAt, forged, ISSUER, signed, signingKey } from '../support/tokens.ts'
import type { Upstream } from '../support/upstream.ts'

interface Route {
  readonly method: string
  readonly path: string
}

interface KnownRoute extends Route {
  /** With names in braces. */
  readonly declared: string
  readonly access: Access
}

/** Every route that there is, and who may call it. */
const ROUTES: readonly KnownRoute[] = [
  ...routes('public', [
    'GET /dashboard',
    'GET /dashboard/assets/{name}',
    'GET /docs',
    'GET /health',
    'GET /health/detailed',
    'GET /health/live',
    'GET /health/ready',
    'GET /openapi.json',
    'GET /swagger.json',
    'GET /v1/auth/status',
    'HEAD /api/hello',
  ]),
  ...routes('key', [
    'DELETE /cache',
    'DELETE /v1/sessions/{id}',
    'GET /cache/stats',
    'GET /debug/metrics',
    'GET /metrics',
    'GET /v1/models',
    'GET /v1/models/{id...}',
    'GET /v1/models/{id}/capabilities',
    'GET /v1/sessions',
    'GET /v1/sessions/stats',
    'GET /v1/sessions/{id}',
    'PATCH /v1/sessions/{id}',
    'POST /v1/chat/completions',
    'POST /v1/compatibility',
    'POST /v1/messages',
    'POST /v1/messages/count_tokens',
    'POST /v1/models/validate',
    'POST /v1/route/explain',
    'POST /v1/sessions',
    'POST /v1/sessions/{id}/messages',
  ]),
  ...routes('admin', [
    'DELETE /admin/alerts/{id}',
    'DELETE /admin/cache',
    'DELETE /admin/diagnostics/{name}',
    'DELETE /admin/keys/{id}',
    'GET /admin/alerts',
    'GET /admin/diagnostics',
    'GET /admin/diagnostics/{name}',
    'GET /admin/keys',
    'GET /admin/keys/{id}',
    'GET /admin/overview',
    'GET /admin/requests',
    'GET /admin/series',
    'GET /admin/sessions',
    'PATCH /admin/keys/{id}',
    'POST /admin/alerts',
    'POST /admin/alerts/{id}/test',
    'POST /admin/diagnostics/cpu-profile',
    'POST /admin/diagnostics/heap-snapshot',
    'POST /admin/keys',
    'POST /admin/keys/{id}/rotate',
  ]),
]

function routes(access: Access, names: readonly string[]): readonly KnownRoute[] {
  return names.map((name) => {
    const [method = '', declared = ''] = name.split(' ')
    return { method, declared, path: pathTo(declared), access }
  })
}

/** Something at the place of each name in braces. */
function pathTo(declared: string): string {
  const path = declared.replace('{id...}', 'far/gpt-5.5').replace('{id}', 'laptop').replace('{name}', 'none')
  // Whoever may have a capture is told that there is no such process; none is taken.
  return path.startsWith('/admin/diagnostics/') ? `${path}?worker=0` : path
}

const nameOf = ({ method, declared }: KnownRoute): string => `${method} ${declared}`

const BODY = JSON.stringify({ ...SPEAKERS.messages.request('far/gpt-5.5') })

async function send(gateway: TestGateway, { method, path }: Route, fields: string): Promise<RawAnswer> {
  const client = await RawClient.open(Number(new URL(gateway.url).port))
  onTestFinished(() => client.destroy())
  const body = method === 'POST' ? BODY : ''
  const length = method === 'POST' ? `content-length: ${body.length}\r\n` : ''
  client.send(`${method} ${path} HTTP/1.1\r\n${length}${fields}connection: close\r\n\r\n${body}`)
  const text = await client.all()
  client.destroy()
  const [head = ''] = text.split('\r\n\r\n', 1)
  const lines = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(/: */, 2))
  return {
    status: Number(text.split(' ', 2)[1]),
    headers: Object.fromEntries(lines.map(([name = '', value = '']) => [name.toLowerCase(), value])),
    body: text.slice(head.length + 4),
  }
}

const KEY = 'client-key-0123456789'
const ADMIN = 'admin-token-0123456789'

/** What opens this route, where anything does. */
function opening({ access }: KnownRoute, keys: boolean): string {
  if (access === 'admin') return `x-api-key: ${ADMIN}\r\n`
  return keys ? `x-api-key: ${KEY}\r\n` : ''
}

/** Whatever comes of it, the caller came in. */
function isIn(status: number): boolean {
  return status < 500 && ![401, 403, 405, 421, 429].includes(status)
}

/** Wrong keys that are tried here. */
const MANY = { max: 10_000 }

async function installed(keys: boolean): Promise<{ readonly gateway: TestGateway; readonly upstream: Upstream }> {
  const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
  const gateway = await install({
    providers: [provider('far', SPEAKERS.chat, upstream.url)],
    auth: { adminToken: hashKey(ADMIN), failureLimit: MANY, ...(keys ? { keys: [{ name: 'me', key: KEY }] } : {}) },
  })
  return { gateway, upstream }
}

describe('every route', () => {
  it('needs a key where there are keys, except those that say nothing', async () => {
    const { gateway, upstream } = await installed(true)
    const disguises = [
      '',
      'x-api-key: wrong\r\n',
      'x-forwarded-for: 127.0.0.1\r\nx-real-ip: 127.0.0.1\r\nforwarded: for=127.0.0.1\r\n',
      'x-forwarded-host: localhost\r\nx-original-url: /health\r\nx-rewrite-url: /health\r\n',
      'x-http-method-override: GET\r\nx-ucr-key: me\r\n',
    ]
    for (const route of ROUTES) {
      for (const disguise of disguises) {
        const { status, headers, body } = await send(gateway, route, `host: localhost\r\n${disguise}`)
        const label = `${nameOf(route)} ${disguise}`
        // What everybody may ask for need not be there.
        if (route.access === 'public') expect(status, label).toBe(route.declared.includes('{') ? 404 : 200)
        else {
          expect(status, label).toBe(401)
          expect(headers, label).toMatchObject({ 'www-authenticate': 'Bearer', 'x-ucr-error': 'unauthorized' })
          expect(body, label).not.toMatch(/far|gpt/)
        }
      }
      const known = await send(gateway, route, `host: localhost\r\n${opening(route, true)}`)
      expect(isIn(known.status), nameOf(route)).toBe(true)
    }
    // Only those with the key, and only those that a vendor is asked for.
    expect(upstream.requests).toHaveLength(2)
  })

  it('is one that the running gateway knows, and it knows no other', async () => {
    const { gateway } = await installed(true)
    const { authentication } = (await ask(`${gateway.url}/v1/auth/status`)).json() as {
      authentication: { protected_endpoints: string[]; public_endpoints: string[] }
    }
    const names = (isPublic: boolean): readonly string[] =>
      ROUTES.filter(({ access }) => (access === 'public') === isPublic).map(nameOf)
    expect(authentication.public_endpoints).toEqual(names(true).toSorted())
    expect(authentication.protected_endpoints).toEqual(names(false).toSorted())
  })

  it('lets in whom it says, by each kind of credential', async () => {
    const issuing = await signingKey('one')
    const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
    const jwks = { keys: [issuing.jwk as Record<string, string>] }
    const gateway = await install({
      providers: [provider('far', SPEAKERS.chat, upstream.url)],
      auth: {
        adminToken: hashKey(ADMIN),
        failureLimit: MANY,
        keys: [{ name: 'me', key: KEY }],
        jwt: [{ issuer: ISSUER, audience: AUDIENCE, jwks }],
      },
    })
    const admin = new Admin(gateway.url, ADMIN)
    const [stored, elsewhere, disabled, expired, revoked] = [
      await admin.create('stored'),
      await admin.create('elsewhere', { routes: ['/nowhere'] }),
      await admin.create('disabled', { disabled: true }),
      await admin.create('expired', { expires: '2020-01-01' }),
      await admin.create('revoked'),
    ]
    await admin.call('DELETE', `/${revoked.id}`)
    const now = Date.now()
    const credentials: readonly (readonly [string, string, Readonly<Record<Access, number | 'in'>>])[] = [
      ['nothing', '', { public: 'in', key: 401, admin: 401 }],
      ['a wrong key', 'ucr_0123456789', { public: 'in', key: 401, admin: 401 }],
      ['the hash of a key', hashKey(KEY), { public: 'in', key: 401, admin: 401 }],
      ['a disabled key', disabled.key, { public: 'in', key: 401, admin: 401 }],
      ['an expired key', expired.key, { public: 'in', key: 401, admin: 401 }],
      ['a revoked key', revoked.key, { public: 'in', key: 401, admin: 401 }],
      ['an expired token', await signed(claimsAt(now, { exp: 1 }), issuing), { public: 'in', key: 401, admin: 401 }],
      ['a token of nobody', forged({ alg: 'none' }, claimsAt(now)), { public: 'in', key: 401, admin: 401 }],
      ['a key for other routes', elsewhere.key, { public: 'in', key: 403, admin: 401 }],
      ['a key of the config', KEY, { public: 'in', key: 'in', admin: 401 }],
      ['a key of the store', stored.key, { public: 'in', key: 'in', admin: 401 }],
      ['a token', await signed(claimsAt(now), issuing), { public: 'in', key: 'in', admin: 401 }],
      ['the admin token', ADMIN, { public: 'in', key: 401, admin: 'in' }],
      ['the hash of the admin token', hashKey(ADMIN), { public: 'in', key: 401, admin: 401 }],
    ]
    for (const route of ROUTES) {
      for (const [kind, credential, expected] of credentials) {
        for (const field of ['authorization: Bearer', 'x-api-key:']) {
          const fields = credential === '' ? '' : `${field} ${credential}\r\n`
          const { status } = await send(gateway, route, `host: localhost\r\n${fields}`)
          const label = `${nameOf(route)} with ${kind}`
          expect(isIn(status) ? 'in' : status, label).toBe(expected[route.access])
        }
      }
    }
  })

  it('has no other methods, and no neighbours, with and without a key', async () => {
    const { gateway, upstream } = await installed(true)
    const paths = [...new Set(ROUTES.map(({ path }) => path))]
    for (const key of ['', `x-api-key: ${KEY}\r\n`]) {
      for (const path of paths) {
        const own = new Set(ROUTES.filter((route) => route.path === path).map(({ method }) => method))
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
          if (own.has(method)) continue
          const { status } = await send(gateway, { method, path }, `host: localhost\r\n${key}`)
          expect([401, 404, 405], `${method} ${path}`).toContain(status)
        }
      }
      for (const path of ['/', '/admin', '/config', '/v1/config', '/v1/keys', '/.env', '/debug', '/v1']) {
        const { status } = await send(gateway, { method: 'GET', path }, `host: localhost\r\n${key}`)
        expect([401, 404], path).toContain(status)
      }
    }
    expect(upstream.requests).toHaveLength(0)
  })
})

const STRANGE_HOSTS = [
  'evil.example',
  'evil.example:3000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example#localhost',
  'localhost@evil.example',
  'evil.example:80@localhost',
  'localhost, evil.example',
  '169.254.169.254',
  '10.0.0.1',
  '[::ffff:10.0.0.1]',
  '[fe80::1]',
  '',
  ' ',
  '::1',
  'localhost:3000:3000',
]

const OWN_HOSTS = [
  'localhost',
  'LOCALHOST',
  'localhost:1',
  '127.0.0.1',
  '127.0.0.1:65535',
  '127.9.9.9',
  '[::1]',
  '[::1]:80',
]

const STRANGE_ORIGINS = [
  'http://evil.example',
  'https://evil.example:3000',
  'null',
  'http://localhost:1',
  'http://localhost.evil.example',
  'http://127.0.0.1.evil.example',
  'chrome-extension://abcdefghijklmnop',
  'file://',
  'HTTP://EVIL.EXAMPLE',
]

describe.each([true, false])('a page in a browser (keys: %s)', (keys) => {
  it('that points its own name at the gateway gets nothing from any route', async () => {
    const { gateway, upstream } = await installed(keys)
    for (const route of ROUTES) {
      for (const host of STRANGE_HOSTS) {
        const { status, headers, body } = await send(gateway, route, `host: ${host}\r\n${opening(route, keys)}`)
        const label = `${nameOf(route)} for "${host}"`
        expect([400, 421], label).toContain(status)
        expect(headers, label).not.toHaveProperty('access-control-allow-origin')
        expect(body, label).not.toMatch(/far|gpt/)
      }
    }
    expect(upstream.requests).toHaveLength(0)
  })

  it('of another origin gets nothing from any route, and no preflight', async () => {
    const { gateway, upstream } = await installed(keys)
    for (const route of ROUTES) {
      for (const origin of STRANGE_ORIGINS) {
        const { status, headers } = await send(
          gateway,
          route,
          `host: localhost\r\norigin: ${origin}\r\n${opening(route, keys)}`,
        )
        const label = `${nameOf(route)} from ${origin}`
        expect(status, label).toBe(403)
        expect(headers, label).not.toHaveProperty('access-control-allow-origin')
        const preflight = await send(
          gateway,
          { ...route, method: 'OPTIONS' },
          `host: localhost\r\norigin: ${origin}\r\naccess-control-request-method: ${route.method}\r\n`,
        )
        expect(preflight.status, label).toBe(403)
        expect(preflight.headers, label).not.toHaveProperty('access-control-allow-origin')
      }
      for (const site of ['cross-site', 'same-site']) {
        const { status } = await send(
          gateway,
          route,
          `host: localhost\r\nsec-fetch-site: ${site}\r\n${opening(route, keys)}`,
        )
        expect(status, `${nameOf(route)} ${site}`).toBe(403)
      }
    }
    expect(upstream.requests).toHaveLength(0)
  })

  it('and whatever is no page gets its answer under each of its own names', async () => {
    const { gateway } = await installed(keys)
    for (const route of ROUTES) {
      for (const host of OWN_HOSTS) {
        const { status } = await send(gateway, route, `host: ${host}\r\n${opening(route, keys)}`)
        expect(isIn(status), `${nameOf(route)} for ${host}`).toBe(true)
      }
    }
  })
})

describe('a page whose origin the config names', () => {
  it('may call, and is told so', async () => {
    const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
    const gateway = await install({
      providers: [provider('far', SPEAKERS.chat, upstream.url)],
      auth: { keys: [{ name: 'me', key: KEY }] },
      server: { allowedOrigins: ['https://app.example.com'], allowedHosts: ['gateway.example.com'] },
    })
    const origin = 'https://app.example.com'
    const url = `${gateway.url}${SPEAKERS.chat.path}`
    const body = SPEAKERS.chat.request('gpt-5.5', { stream: true })
    const answer = await ask(url, { headers: { origin, 'x-api-key': KEY }, body })
    expect(SPEAKERS.chat.wordsOf(answer)).toBe('Hello')
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
    // A page has to be able to read why it was refused.
    const refused = await ask(url, { headers: { origin }, body })
    expect(refused.status).toBe(401)
    expect(refused.headers['access-control-allow-origin']).toBe(origin)
    expect(
      (await ask(url, { headers: { origin: 'https://app.example.com.evil.example', 'x-api-key': KEY }, body })).status,
    ).toBe(403)
    const named = await send(
      gateway,
      { method: 'GET', path: '/v1/models' },
      `host: gateway.example.com\r\nx-api-key: ${KEY}\r\n`,
    )
    expect(named.status).toBe(200)
  })
})
