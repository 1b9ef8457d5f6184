import { describe, expect, it } from 'vitest'
import type { Protocol, ProtocolRoute } from '../protocols/protocol.ts'
import type { PlainRoute } from './plain-route.ts'
import { ServerRouter } from './router.ts'

const route = (method: ProtocolRoute['method'], path: string): ProtocolRoute => ({
  method,
  path,
  operation: 'generate',
  public: false,
})

const protocol = (id: string, routes: readonly ProtocolRoute[], claimedBy: string): Protocol =>
  ({ id, routes, claims: (headers: Record<string, string>) => claimedBy in headers }) as unknown as Protocol

const plain = (method: PlainRoute['method'], path: string): PlainRoute => ({
  method,
  path,
  access: 'public',
  answer: () => Promise.reject(new Error('not called')),
})

const first = protocol('first', [route('POST', '/v1/messages'), route('GET', '/v1/models/{id}')], 'x-first')
const second = protocol(
  'second',
  [route('POST', '/v1/chat/completions'), route('GET', '/v1/models/{name...}'), route('GET', '/v1/models')],
  'x-second',
)
const router = new ServerRouter([first, second], [plain('GET', '/health'), plain('POST', '/v1/things/{kind}/{id}')])

const found = (method: string, path: string, headers = {}): string => {
  const match = router.find(method, path, headers)
  if (match.kind === 'protocol') return `${match.protocol.id} ${JSON.stringify(match.params)}`
  if (match.kind === 'plain') return `plain ${JSON.stringify(match.params)}`
  return match.kind === 'other-method' ? `allow ${match.allow.join(' ')}` : `unknown ${match.hint ?? ''}`
}

describe('a route', () => {
  it('cannot be declared without who may call it', () => {
    // The compiler refuses a route that leaves it out: these two would be true.
    const undeclared: [
      Omit<PlainRoute, 'access'> extends PlainRoute ? true : false,
      Omit<ProtocolRoute, 'public'> extends ProtocolRoute ? true : false,
    ] = [false, false]
    expect(undeclared).toEqual([false, false])
  })

  it('is listed by the router with who may call it', () => {
    expect(router.routes.map(({ method, path, access }) => `${method} ${path} ${access}`)).toEqual([
      'GET /health public',
      'POST /v1/things/{kind}/{id} public',
      'POST /v1/messages key',
      'GET /v1/models/{id} key',
      'POST /v1/chat/completions key',
      'GET /v1/models/{name...} key',
      'GET /v1/models key',
    ])
  })
})

describe('ServerRouter.find()', () => {
  it.each([
    ['POST', '/v1/messages', 'first {}'],
    ['POST', '/v1/messages/', 'first {}'],
    ['GET', '/health', 'plain {}'],
    ['HEAD', '/health', 'plain {}'],
    ['POST', '/v1/things/a/b', 'plain {"kind":"a","id":"b"}'],
    ['POST', '/v1/things/a%2Fb/c%20d', 'plain {"kind":"a/b","id":"c d"}'],
    ['GET', '/v1/models/a/b', 'second {"name":"a/b"}'],
    ['GET', '/v1/models/__proto__', 'second {"name":"__proto__"}'],
    ['GET', '/v1/models/', 'second {}'],
    ['PUT', '/v1/messages', 'allow POST'],
    ['POST', '/v1/models', 'allow GET HEAD'],
    ['POST', '/v1/things/a', 'unknown '],
    ['POST', '/v1/things/a/b/c', 'unknown '],
    ['POST', '/v1/things//b', 'unknown '],
    ['GET', '/', 'unknown '],
    ['GET', '', 'unknown '],
    ['GET', '*', 'unknown '],
    [
      'POST',
      '/chat/completions',
      'unknown Did you mean /v1/chat/completions? The base URL of this client has to end in /v1.',
    ],
    ['POST', '/v1/v1/messages', 'unknown The path has /v1 twice: leave it out at the end of the base URL.'],
  ])('%s %s is %s', (method, path, expected) => {
    expect(found(method, path)).toBe(expected)
  })

  it('gives a path of two protocols to the one that claims the request, else to the last', () => {
    expect(found('GET', '/v1/models/a', { 'x-first': '1' })).toBe('first {"id":"a"}')
    expect(found('GET', '/v1/models/a', { 'x-second': '1' })).toBe('second {"name":"a"}')
    expect(found('GET', '/v1/models/a')).toBe('second {"name":"a"}')
  })

  it.each(['/v1/models/%', '/v1/models/%c3%28', '/v1/models/%00', '/v1/models/%7f'])('refuses %s', (path) => {
    expect(() => found('GET', path)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})

describe('ServerRouter.protocolFor()', () => {
  it.each([
    ['/anything', { 'x-first': '1' }, 'first'],
    ['/v1/messages/batches', {}, 'first'],
    ['/v1/messages', { 'x-second': '1' }, 'first'],
    ['/v1/messagesque', {}, 'second'],
    ['/v1/chat/completions', {}, 'second'],
    ['/', {}, 'second'],
  ])('%s with %j: %s', (path, headers, id) => {
    expect(router.protocolFor(path, headers).id).toBe(id)
  })
})
