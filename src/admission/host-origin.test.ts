import { describe, expect, it } from 'vitest'
import type { Headers } from '../lib/headers.ts'
import { checkHost, checkOrigin, corsHeaders, createAccessSettings } from './host-origin.ts'

const local = createAccessSettings({ allowedHosts: [], allowedOrigins: [], boundHosts: ['127.0.0.1'] })
const published = createAccessSettings({
  allowedHosts: ['gateway.example.com', '*.internal.example', '10.9.8.7'],
  allowedOrigins: ['https://app.example.com', 'chrome-extension://abcdef'],
  boundHosts: ['0.0.0.0', '192.168.1.5', 'fd00::5'],
})
const any = createAccessSettings({ allowedHosts: ['*'], allowedOrigins: [], boundHosts: [] })

describe('checkHost()', () => {
  it.each(['127.0.0.1:3000', 'localhost', 'LOCALHOST:3000', 'localhost.:3000', '[::1]:3000', '127.0.0.2', '[0::1]'])(
    'accepts the loopback name %j everywhere',
    (host) => {
      checkHost({ host }, local)
      checkHost({ host }, published)
    },
  )

  it.each([
    'gateway.example.com',
    'Gateway.Example.Com:8443',
    'gateway.example.com.',
    'a.internal.example',
    'a.b.internal.example:80',
    '10.9.8.7',
    '192.168.1.5:3000',
    '[fd00::5]:3000',
    '[FD00:0::5]',
  ])('accepts the configured name or bound address %j', (host) => {
    checkHost({ host }, published)
  })

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'evil.localhost',
    'internal.example',
    '.internal.example',
    'xinternal.example',
    'gateway.example.com.evil.example',
    'localhost, evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    '192.168.1.6',
    '0x7f.1',
    '2130706433',
    '[::ffff:192.168.1.6]',
    '*',
  ])('refuses %j with 421', (host) => {
    for (const settings of [local, published]) {
      expect(() => checkHost({ host }, settings)).toThrow(
        expect.objectContaining({ code: 'host_not_allowed', status: 421, shouldRetry: false }),
      )
    }
  })

  it('accepts any name, but no nonsense, where the config allows any', () => {
    checkHost({ host: 'whatever.example' }, any)
    expect(() => checkHost({ host: 'a b' }, any)).toThrow(expect.objectContaining({ code: 'host_not_allowed' }))
  })
})

describe('checkOrigin()', () => {
  const host = '127.0.0.1:3000'

  it('lets programs pass that are no browsers', () => {
    checkOrigin('POST', { host }, local)
  })

  it.each<[string, string, Headers]>([
    ['a page of the gateway itself', 'POST', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin' }],
    ['its own page in an old browser', 'POST', { origin: 'http://127.0.0.1:3000' }],
    ['an address that somebody typed', 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    [
      'a link on another page',
      'GET',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
  ])('lets %s pass', (_, method, headers) => {
    checkOrigin(method, { host, ...headers }, local)
  })

  it.each<[string, string, Headers]>([
    ['another page', 'POST', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another page in an old browser', 'POST', { origin: 'https://evil.example' }],
    ['another page that only reads', 'GET', { origin: 'https://evil.example' }],
    ['a preflight of another page', 'OPTIONS', { origin: 'https://evil.example' }],
    ['another port of this machine', 'POST', { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-site' }],
    ['another name of this machine', 'POST', { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' }],
    ['a page without an origin', 'POST', { origin: 'null' }],
    ['an empty origin', 'POST', { origin: '' }],
    ['an origin with a path', 'POST', { origin: 'http://127.0.0.1:3000/x' }],
    ['an origin with a login', 'POST', { origin: 'http://127.0.0.1:3000@evil.example' }],
    ['a longer name', 'POST', { origin: 'http://127.0.0.1:3000.evil.example' }],
    ['another scheme', 'POST', { origin: 'file://127.0.0.1:3000' }],
    ['an image of another page', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    [
      'a frame in another page',
      'GET',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    [
      'a form of another page',
      'POST',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    ['another port that hides its origin', 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
  ])('refuses %s with 403', (_, method, headers) => {
    expect(() => checkOrigin(method, { host, ...headers }, local)).toThrow(
      expect.objectContaining({ code: 'origin_not_allowed', status: 403, shouldRetry: false }),
    )
  })

  it.each(['https://app.example.com', 'HTTPS://APP.example.com', 'chrome-extension://abcdef'])(
    'lets the configured %s pass',
    (origin) => {
      checkOrigin('POST', { host: 'gateway.example.com', origin, 'sec-fetch-site': 'cross-site' }, published)
    },
  )

  it.each(['http://app.example.com', 'https://app.example.com:8443', 'https://x.app.example.com'])(
    'takes %s for another origin',
    (origin) => {
      expect(() => checkOrigin('POST', { host: 'gateway.example.com', origin }, published)).toThrow()
    },
  )
})

describe('corsHeaders()', () => {
  it('names a configured origin, and says that the answer depends on it', () => {
    expect(corsHeaders({ origin: 'https://app.example.com' }, published)).toEqual({
      'access-control-allow-origin': 'https://app.example.com',
      vary: 'origin',
    })
  })

  it('is empty for every other origin, and for none', () => {
    expect(corsHeaders({ origin: 'https://evil.example' }, published)).toEqual({})
    expect(corsHeaders({ origin: 'null' }, published)).toEqual({})
    expect(corsHeaders({}, published)).toEqual({})
  })
})
