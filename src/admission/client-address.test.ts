import { describe, expect, it } from 'vitest'
import { isWithin, parseAddress, parseRange } from './address-range.ts'
import { clientNetwork } from './client-address.ts'

const ranges = (...texts: readonly string[]) => texts.map((text) => parseRange(text) ?? expect.fail(text))

describe('parseRange()', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['192.168.1.128/25', '192.168.1.129', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['fd00::/8', 'fdff:1::2', true],
    ['fd00::/8', 'fe00::1', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(isWithin(parseAddress(address)!, parseRange(range)!)).toBe(expected)
  })

  it.each([
    '',
    'a',
    '10.0.0.0/33',
    '10.0.0/8',
    '256.0.0.1',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    ':::',
    'localhost',
  ])('%j is none', (text) => {
    expect(parseRange(text)).toBeNull()
  })
})

describe('clientNetwork()', () => {
  it.each([
    ['nobody is trusted', '203.0.113.9', '1.1.1.1', [], '203.0.113.9'],
    ['the peer is no proxy', '203.0.113.9', '1.1.1.1', ['10.0.0.0/8'], '203.0.113.9'],
    ['one proxy', '10.0.0.1', '198.51.100.7', ['10.0.0.0/8'], '198.51.100.7'],
    ['the client says something too', '10.0.0.1', '9.9.9.9, 198.51.100.7', ['10.0.0.0/8'], '198.51.100.7'],
    ['two proxies', '10.0.0.1', '9.9.9.9, 198.51.100.7 ,10.0.0.2', ['10.0.0.0/8'], '198.51.100.7'],
    ['only proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', ['10.0.0.0/8'], '10.0.0.3'],
    ['rubbish behind a proxy', '10.0.0.1', '1.1.1.1, unknown', ['10.0.0.0/8'], '10.0.0.1'],
    ['nothing behind a proxy', '10.0.0.1', '', ['10.0.0.0/8'], '10.0.0.1'],
    ['ports', '10.0.0.1', '198.51.100.7:5123', ['10.0.0.0/8'], '198.51.100.7'],
    ['brackets', '::1', '[2001:db8::7]:5123', ['::1'], '2001:db8:0:0::/64'],
    ['a mapped address', '::ffff:10.0.0.1', '198.51.100.7', ['10.0.0.0/8'], '198.51.100.7'],
    ['one of many addresses of an IPv6 client', '2001:db8:1:2:3:4:5:6', undefined, [], '2001:db8:1:2::/64'],
    ['a peer without an address', '', '1.1.1.1', ['0.0.0.0/0'], ''],
  ])('%s', (_title, peer, forwardedFor, trusted, expected) => {
    expect(clientNetwork(peer, forwardedFor, ranges(...trusted))).toBe(expected)
  })
})
