import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyNamed } from '../../test/support/keys.ts'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { Authenticator, LOCAL } from './authenticate.ts'
import { KeyRing } from './key-ring.ts'
import { generateKey, hashKey } from './keys.ts'
import { unauthorized } from './unauthorized.ts'

const mine = 'ucr_mine-0123456789'
const theirs = 'ucr_theirs-0123456789'
const ring = new KeyRing(() => 0)
ring.adoptConfigured([keyNamed('me', mine), keyNamed('them', theirs)])
const authenticator = new Authenticator(ring, { tokens: null, required: false })

function authenticate(headers: Headers): Principal {
  const principal = authenticator.authenticate(headers)
  if (principal instanceof Promise) throw new Error('a key has to be waited for')
  return principal
}

function refusal(headers: Headers): GatewayError {
  try {
    authenticate(headers)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was let in')
}

describe('Authenticator', () => {
  it.each<[string, Headers]>([
    ['Bearer', { authorization: `Bearer ${mine}` }],
    ['bearer in lower case', { authorization: `bearer ${mine}` }],
    ['BEARER in upper case', { authorization: `BEARER ${mine}` }],
    ['Bearer with more spaces', { authorization: `  Bearer \t  ${mine}  ` }],
    ['x-api-key', { 'x-api-key': mine }],
    ['x-api-key with spaces around', { 'x-api-key': ` ${mine} ` }],
    ['x-goog-api-key', { 'x-goog-api-key': mine }],
  ])('accepts a key as %s', (_, headers) => {
    expect(authenticate(headers).keyName).toBe('me')
  })

  it('lets x-api-key win over Authorization', () => {
    expect(authenticate({ 'x-api-key': mine, authorization: `Bearer ${theirs}` }).keyName).toBe('me')
    // Claude Code sends a vendor's key from the environment beside the gateway's token.
    expect(authenticate({ 'x-api-key': 'sk-ant-of-a-vendor', authorization: `Bearer ${theirs}` }).keyName).toBe('them')
  })

  it('takes an empty header for none', () => {
    expect(authenticate({ 'x-api-key': '', authorization: `Bearer ${theirs}` }).keyName).toBe('them')
    expect(authenticate({ authorization: 'Bearer ', 'x-goog-api-key': theirs }).keyName).toBe('them')
  })

  it.each<[string, Headers]>([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': generateKey() }],
    ['another scheme', { authorization: `Basic ${mine}` }],
    ['a scheme glued to the key', { authorization: `Bearer${mine}` }],
    ['a bare key', { authorization: mine }],
    ['two keys in one field', { 'x-api-key': `${mine}, ${theirs}` }],
    ['the hash in place of the key', { 'x-api-key': hashKey(mine) }],
    ['its hexadecimal part', { 'x-api-key': hashKey(mine).slice(7) }],
    ['a prefix of the key', { 'x-api-key': mine.slice(0, -1) }],
    ['the key in another case', { 'x-api-key': mine.toUpperCase() }],
    ['a key in a cookie', { cookie: `key=${mine}` }],
    ['64 KB', { 'x-api-key': 'a'.repeat(65_536) }],
    ['SQL', { 'x-api-key': `' OR 1=1; --` }],
    ['the name of a property', { 'x-api-key': '__proto__' }],
  ])('refuses %s with the same error', (_, headers) => {
    const { code, status, message, shouldRetry, param } = refusal(headers)
    const nothing = refusal({})
    expect({ code, status, message, shouldRetry, param }).toEqual({
      code: 'unauthorized',
      status: 401,
      message: nothing.message,
      shouldRetry: false,
      param: null,
    })
  })

  it('refuses whatever else comes, in whatever field, with the same error', () => {
    const field = fc.constantFrom('x-api-key', 'x-goog-api-key', 'authorization')
    const text = fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.string({ unit: fc.constantFrom(...Array.from(`'";-eyJ.=`)), maxLength: 40 }),
    )
    fc.assert(
      fc.property(field, text, fc.constantFrom('', 'Bearer '), (name, value, scheme) => {
        expect(refusal({ [name]: scheme + value }).message).toBe(unauthorized().message)
      }),
    )
  })

  it('never has the key that was sent in the error', () => {
    const error = refusal({ 'x-api-key': 'canary-1234567890' })
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('canary')
  })

  it('lets everybody in as one tenant as long as there are no keys', () => {
    const open = new Authenticator(new KeyRing(() => 0), { tokens: null, required: false })
    expect(open.authenticate({})).toEqual(LOCAL)
    expect(open.authenticate({ 'x-api-key': 'dummy' })).toEqual(LOCAL)
    expect(open.open).toBe(true)
  })

  it('lets nobody in without keys where one is required', () => {
    const closed = new Authenticator(new KeyRing(() => 0), { tokens: null, required: true })
    expect(() => closed.authenticate({})).toThrow(GatewayError)
    expect(closed.open).toBe(false)
  })

  it('stays closed when the last key is revoked', () => {
    const revoked = new KeyRing(() => 0)
    revoked.adoptStored([{ ...keyNamed('me', mine), revokedAt: 1 }])
    const closed = new Authenticator(revoked, { tokens: null, required: false })
    expect(() => closed.authenticate({})).toThrow(GatewayError)
    expect(() => closed.authenticate({ 'x-api-key': mine })).toThrow(GatewayError)
  })
})
