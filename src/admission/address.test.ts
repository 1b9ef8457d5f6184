import { describe, expect, it } from 'vitest'
import { isLoopback, normalizeHost, parseAuthority } from './address.ts'

describe('parseAuthority()', () => {
  it.each<[string, { host: string; port: string | null }]>([
    ['localhost', { host: 'localhost', port: null }],
    ['LOCALHOST:3000', { host: 'localhost', port: '3000' }],
    ['localhost.', { host: 'localhost', port: null }],
    ['gateway.example.com.:443', { host: 'gateway.example.com', port: '443' }],
    ['127.0.0.1:8080', { host: '127.0.0.1', port: '8080' }],
    ['[::1]', { host: '::1', port: null }],
    ['[::1]:3000', { host: '::1', port: '3000' }],
    ['[0:0:0:0:0:0:0:1]:3000', { host: '::1', port: '3000' }],
    ['[FE80::1]', { host: 'fe80::1', port: null }],
    ['my_host-1', { host: 'my_host-1', port: null }],
    ['xn--bcher-kva.example', { host: 'xn--bcher-kva.example', port: null }],
  ])('reads %j', (text, expected) => {
    expect(parseAuthority(text)).toEqual(expected)
  })

  it.each([
    '',
    ' localhost',
    'localhost ',
    'localhost, evil.example',
    'localhost:',
    'localhost:3000:3000',
    'localhost:123456',
    'localhost:http',
    'a@localhost',
    'localhost/path',
    'http://localhost',
    '::1',
    '[::1',
    '[::1]x',
    '[zz]',
    '[::1%25lo]',
    'localhost\u0000',
    'lοcalhost',
    '-localhost',
    '.localhost',
    'localhost..',
    '[]',
  ])('refuses %j', (text) => {
    expect(parseAuthority(text)).toBeNull()
  })

  it('is not slow on long input', () => {
    expect(parseAuthority(`${'a.'.repeat(50_000)}!`)).toBeNull()
  })
})

describe('isLoopback()', () => {
  it.each([
    'localhost',
    'LocalHost',
    'localhost.',
    '127.0.0.1',
    '127.1.2.3',
    '127.255.255.255',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '[::ffff:7f00:1]',
  ])('knows %j', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '',
    '192.168.0.1',
    '128.0.0.1',
    '127.0.0.256',
    '127.1',
    '127.0.0.01',
    '2130706433',
    '0x7f000001',
    'localhost.evil.example',
    'evil.localhost',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    '::ffff:10.0.0.1',
    '::2',
    'localhost:80',
  ])('does not take %j for it', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

describe('normalizeHost()', () => {
  it.each([
    ['[::1]', '::1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['Example.COM.', 'example.com'],
    ['0.0.0.0', '0.0.0.0'],
  ])('writes %j as %j', (host, expected) => {
    expect(normalizeHost(host)).toBe(expected)
  })
})
