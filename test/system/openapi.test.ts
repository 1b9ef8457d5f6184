import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json, Question } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const ADMIN = 'admin-token-0123456789'
const KEY = 'client-key-0123456789'
const { chat, messages } = SPEAKERS

interface Operation extends Json {
  readonly summary: string
  readonly tags: readonly string[]
  readonly 'x-ucr-access': 'public' | 'key' | 'admin'
  readonly responses: Readonly<Record<string, { readonly content?: Json }>>
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example?: Json } } }
}

interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

async function start(config: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  return install({
    providers: [provider('far', chat, upstream.url)],
    auth: { adminToken: hashKey(ADMIN), keys: [{ name: 'me', key: KEY }] },
    ...config,
  })
}

async function documentOf({ url }: TestGateway): Promise<Document> {
  const answer = await ask(`${url}/openapi.json`, { headers: { 'x-api-key': KEY } })
  expect(answer.status, answer.text).toBe(200)
  return answer.json() as unknown as Document
}

const operationsOf = ({ paths }: Document): readonly (readonly [string, Operation])[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )

/** Says what is wrong with a value by a schema that stands at this place of the document; empty: nothing. */
function checkerOf(document: Document): (place: readonly string[], value: unknown) => string {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formatsPlugin.default(ajv)
  ajv.addSchema(document, 'document')
  return (place, value) => {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const isValid = ajv.compile({ $ref: `document#/${pointer}` })
    return isValid(value) ? '' : ajv.errorsText(isValid.errors)
  }
}

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document, under both of its names', async () => {
    const gateway = await start()
    const document = await documentOf(gateway)
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
    expect((await ask(`${gateway.url}/swagger.json`)).json()).toEqual(document)
  })

  it('has every route that the gateway has, with its access, and no other', async () => {
    const gateway = await start()
    const document = await documentOf(gateway)
    const { authentication } = (await ask(`${gateway.url}/v1/auth/status`)).json() as {
      authentication: { protected_endpoints: string[]; public_endpoints: string[] }
    }
    const plain = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.replace('...}', '}')))
    const declared = operationsOf(document)
    const withAccess = (isPublic: boolean): Set<string> =>
      new Set(
        declared.filter(([, operation]) => (operation['x-ucr-access'] === 'public') === isPublic).map(([name]) => name),
      )
    expect(withAccess(true)).toEqual(plain(authentication.public_endpoints))
    expect(withAccess(false)).toEqual(plain(authentication.protected_endpoints))
  })

  it('describes each of them', async () => {
    const document = await documentOf(await start())
    const silent = operationsOf(document).filter(([, { tags }]) => tags.includes('Others'))
    const names = silent.map(([name]) => name)
    expect(
      names,
      `give these routes a "describe", as their neighbours in src/server have: ${names.join(', ')}`,
    ).toEqual([])
  })

  it('holds nothing of this gateway', async () => {
    const gateway = await start()
    const text = JSON.stringify(await documentOf(gateway))
    for (const own of [
      new URL(gateway.url).host,
      '127.0.0.1',
      'far',
      ADMIN,
      KEY,
      hashKey(ADMIN),
      dirname(gateway.configPath),
    ]) {
      expect(text).not.toContain(own)
    }
  })

  it.each(['/docs', '/openapi.json', '/swagger.json'])(
    '%s is for holders of a key where others can reach it',
    async (path) => {
      const gateway = await start({ server: { host: '0.0.0.0' } })
      const url = gateway.url.replace('0.0.0.0', '127.0.0.1')
      const refused = await ask(`${url}${path}`)
      expect(refused.status).toBe(401)
      expect(refused.text).not.toContain('/v1/')
      expect((await ask(`${url}${path}`, { headers: { 'x-api-key': KEY } })).status).toBe(200)
    },
  )
})

interface Call {
  readonly path?: string
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

const CAPTURE = 'cpu-1700000000000-1.cpuprofile'

/** How each route is called such that it answers. They are called in this order. */
const CALLS: Readonly<Record<string, readonly Call[]>> = {
  'POST /v1/messages': [{ body: messages.request('far/gpt-5.5') }],
  'POST /v1/messages/count_tokens': [
    { body: { model: 'far/gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] } },
  ],
  'GET /v1/models': [{}, { headers: { 'anthropic-version': '2023-06-01' } }],
  'GET /v1/models/{id}': [
    { path: '/v1/models/far/gpt-5.5' },
    { path: '/v1/models/far/gpt-5.5', headers: { 'anthropic-version': '2023-06-01' } },
  ],
  'HEAD /api/hello': [{}],
  'POST /v1/chat/completions': [{ body: chat.request('far/gpt-5.5') }],
  'GET /health': [{}],
  'GET /health/live': [{}],
  'GET /health/ready': [{}],
  'GET /health/detailed': [{}],
  'GET /debug/metrics': [{}],
  'GET /metrics': [{}],
  'POST /admin/diagnostics/cpu-profile': [{ path: '/admin/diagnostics/cpu-profile?seconds=1' }],
  // Its answer is that of the profile, and everything in this process would be a large file.
  'POST /admin/diagnostics/heap-snapshot': [],
  'GET /admin/diagnostics': [{}],
  'GET /admin/diagnostics/{name}': [{ path: `/admin/diagnostics/${CAPTURE}` }],
  'DELETE /admin/diagnostics/{name}': [{ path: `/admin/diagnostics/${CAPTURE}` }],
  'POST /admin/keys': [
    { body: { name: 'laptop', expires: '2199-01-31', rateLimit: { max: 5 }, metadata: { a: 'b' } } },
  ],
  'GET /admin/keys': [{}],
  'GET /admin/keys/{id}': [{ path: '/admin/keys/laptop' }, { path: '/admin/keys/me' }],
  'PATCH /admin/keys/{id}': [
    { path: '/admin/keys/laptop', body: { disabled: true, models: ['a*'], routes: ['/v1/*'], claudeTools: ['Read'] } },
  ],
  'POST /admin/keys/{id}/rotate': [{ path: '/admin/keys/laptop/rotate', body: { overlap: 60 } }],
  'DELETE /admin/keys/{id}': [{ path: '/admin/keys/laptop' }],
  'POST /admin/alerts': [{ body: { name: 'slow', metric: 'p95', warning: 3000, window: '5m' } }],
  'GET /admin/alerts': [{}],
  'POST /admin/alerts/{id}/test': [{ path: '/admin/alerts/slow/test' }],
  'DELETE /admin/alerts/{id}': [{ path: '/admin/alerts/slow' }],
  'GET /admin/overview': [{}],
  'GET /admin/series': [{ path: '/admin/series?minutes=5' }],
  'GET /admin/requests': [{}, { path: '/admin/requests?limit=1&errors=true' }],
  'GET /admin/sessions': [{ path: '/admin/sessions?limit=1' }],
  'GET /dashboard': [{}],
  // There are some where the page was built.
  'GET /dashboard/assets/{name}': [],
  'GET /v1/auth/status': [{}],
  'GET /v1/models/{id}/capabilities': [{ path: '/v1/models/far%2Fgpt-5.5/capabilities' }],
  'POST /v1/models/validate': [{ body: { model: 'far/gpt-5.5' } }, { body: { model: 'nobody' } }],
  'POST /v1/compatibility': [{ body: { model: 'far/gpt-5.5' } }, { body: { model: 'far/gpt-5.5', n: 2 } }],
  'GET /docs': [{}],
  'GET /openapi.json': [{}],
  'GET /swagger.json': [{}],
  'POST /v1/route/explain': [{ body: messages.request('far/gpt-5.5') }],
  'GET /cache/stats': [{}],
  'DELETE /admin/cache': [{}, { path: '/admin/cache?model=far/gpt-5.5' }],
  'DELETE /cache': [{}, { path: '/cache?model=far/gpt-5.5' }],
  'POST /v1/sessions': [
    {
      body: { model: 'far/gpt-5.5', session_id: 'talk', title: 'One', metadata: { a: 1 }, system_prompt: 'Be brief.' },
    },
  ],
  'POST /v1/sessions/{id}/messages': [
    { path: '/v1/sessions/talk/messages', body: { messages: [{ role: 'user', content: 'Hello' }] } },
  ],
  'GET /v1/sessions': [{}, { path: '/v1/sessions?limit=1' }],
  'GET /v1/sessions/stats': [{}],
  'GET /v1/sessions/{id}': [{ path: '/v1/sessions/talk' }],
  'PATCH /v1/sessions/{id}': [{ path: '/v1/sessions/talk', body: { title: 'Two' } }],
  'DELETE /v1/sessions/{id}': [{ path: '/v1/sessions/talk' }],
}

function caller({ url }: TestGateway, document: Document) {
  const operations = new Map(operationsOf(document))
  return (name: string, { path, body, headers }: Call): Promise<Answer> => {
    const [method = '', declared = ''] = name.split(' ')
    const token = operations.get(name)?.['x-ucr-access'] === 'admin' ? ADMIN : KEY
    return ask(`${url}${path ?? declared}`, {
      method: method as NonNullable<Question['method']>,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    })
  }
}

const placeOf = (name: string): readonly string[] => {
  const [method = '', path = ''] = name.split(' ')
  return ['paths', path, method.toLowerCase()]
}

describe('what the document says', () => {
  it('is true of the answers of each route', async () => {
    const gateway = await start()
    const place = join(dirname(gateway.configPath), 'state', 'diagnostics')
    mkdirSync(place, { recursive: true, mode: 0o700 })
    writeFileSync(join(place, CAPTURE), '{}')
    const document = await documentOf(gateway)
    const [call, check] = [caller(gateway, document), checkerOf(document)]
    expect(
      operationsOf(document)
        .map(([name]) => name)
        .filter((name) => CALLS[name] === undefined),
      'add a call of these routes to CALLS, so that their answers are checked',
    ).toEqual([])
    for (const [name, calls] of Object.entries(CALLS)) {
      for (const one of calls) {
        const answer = await call(name, one)
        const label = `${name} ${JSON.stringify(one)}: ${answer.text}`
        expect(answer.status, label).toBeLessThan(300)
        const { content = {} } = document.paths[placeOf(name)[1] ?? '']?.[placeOf(name)[2] ?? '']?.responses[
          answer.status
        ] ?? {
          content: { missing: {} },
        }
        const type = answer.headers['content-type']?.split(';', 1)[0] ?? ''
        if (Object.keys(content).length === 0) continue
        expect(Object.keys(content), label).toContain(type)
        const value = type === 'application/json' ? answer.json() : answer.text
        const at = [...placeOf(name), 'responses', String(answer.status), 'content', type, 'schema']
        expect(check(at, value), label).toBe('')
      }
    }
  })

  it('is true of errors, as each protocol has them', async () => {
    const gateway = await start()
    const document = await documentOf(gateway)
    const check = checkerOf(document)
    for (const [headers, schema] of [
      [{ 'anthropic-version': '2023-06-01' }, 'Error.anthropic-messages'],
      [{}, 'Error.openai-chat'],
    ] as const) {
      for (const path of ['/nowhere', '/admin/keys', '/v1/models', '/v1/sessions?limit=0', '/admin/diagnostics/none']) {
        for (const token of ['', ADMIN, KEY]) {
          const answer = await ask(`${gateway.url}${path}`, {
            headers: { ...headers, authorization: `Bearer ${token}` },
          })
          if (answer.status < 400) continue
          expect(check(['components', 'schemas', schema], answer.json()), answer.text).toBe('')
          expect(check(['components', 'schemas', 'ErrorCode'], answer.headers['x-ucr-error']), answer.text).toBe('')
        }
      }
    }
  })

  it.each<readonly [string, string, readonly unknown[]]>([
    [
      'POST /admin/keys',
      '/admin/keys',
      [{}, [], { name: 7 }, { name: 'a', more: 1 }, { name: 'a', models: 'b' }, { name: 'a', rateLimit: { max: 0 } }],
    ],
    [
      'POST /admin/alerts',
      '/admin/alerts',
      [
        {},
        [],
        { name: 'a', metric: 1 },
        { name: 'a', metric: 'p95', more: 1 },
        { name: 'a', metric: 'p95', hysteresis: 2 },
      ],
    ],
    ['PATCH /admin/keys/{id}', '/admin/keys/any', [{ name: '' }, { owner: 'x'.repeat(257) }, { tenant: 'x' }]],
    ['POST /admin/keys/{id}/rotate', '/admin/keys/any/rotate', [{ over: 1 }, { overlap: null }]],
    [
      'POST /v1/sessions',
      '/v1/sessions',
      [{}, [], { model: '' }, { model: 'a', max_turns: 0 }, { model: 'a', metadata: [] }],
    ],
    ['PATCH /v1/sessions/{id}', '/v1/sessions/any', [{ model: null }, { title: '' }, { system_prompt: 1 }]],
    ['POST /v1/models/validate', '/v1/models/validate', [{}, [], { model: '' }, { model: 7 }]],
    ['POST /v1/compatibility', '/v1/compatibility', [{}, [], { model: '' }, { model: null, n: 1 }]],
    ['POST /v1/sessions/{id}/messages', '/v1/sessions/any/messages', [{}, { messages: {} }, { messages: [{}] }]],
  ])('of the body of %s is what the gateway takes', async (name, path, bodies) => {
    const gateway = await start()
    const document = await documentOf(gateway)
    const [call, check] = [caller(gateway, document), checkerOf(document)]
    const [, at = '', method = ''] = placeOf(name)
    const { example } = document.paths[at]?.[method]?.requestBody?.content['application/json'] ?? {}
    const schema = [...placeOf(name), 'requestBody', 'content', 'application/json', 'schema']
    for (const body of bodies) {
      const label = JSON.stringify(body)
      expect(check(schema, body), label).not.toBe('')
      expect((await call(name, { path, body: body as Json })).status, label).toBe(400)
    }
    expect(check(schema, example)).toBe('')
    expect((await call(name, { path, body: example ?? {} })).status, JSON.stringify(example)).not.toBe(400)
  })
})

describe('/docs', () => {
  it('shows every operation, and neither loads nor runs anything', async () => {
    const gateway = await start()
    const document = await documentOf(gateway)
    const { text, headers } = await ask(`${gateway.url}/docs`)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    for (const [, { operationId, summary }] of operationsOf(document)) {
      expect(text).toContain(`id="${String(operationId)}"`)
      expect(text).toContain(summary.replaceAll("'", '&#39;'))
    }
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(text) ?? []
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\sstyle=|\son\w+=|url\(|@import/i)
    // Links that are followed by hand are the only way out.
    const addresses = [...text.matchAll(/https?:\/\/[^"<\s]+/g)].map(([address]) => new URL(address).host)
    expect(new Set(addresses)).toEqual(new Set(['platform.claude.com', 'platform.openai.com', '127.0.0.1:3000']))
    // Each place that a link leads to is there, once.
    const places = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(places).size).toBe(places.length)
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(places).toContain(target)
  })
})
