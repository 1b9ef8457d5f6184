import { describe, expect, it } from 'vitest'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { createAuthenticator, principalOf } from './authenticate.ts'
import { generateKey, hashKey } from './keys.ts'

const mine = 'ucr_mine-0123456789'
const theirs = 'ucr_theirs-0123456789'
const keys = [
  { name: 'me', hash: hashKey(mine), models: null },
  { name: 'them', hash: hashKey(theirs).toUpperCase().replace('SHA256', 'sha256'), models: null },
]
const authenticate = createAuthenticator({ keys, open: false })

function refusal(headers: Headers): GatewayError {
  try {
    authenticate(headers)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was let in')
}

describe('createAuthenticator()', () => {
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

  it('never has the key that was sent in the error', () => {
    const error = refusal({ 'x-api-key': 'canary-1234567890' })
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('canary')
  })

  it('lets everybody in as one tenant when open', () => {
    const open = createAuthenticator({ keys: [], open: true })
    expect(open({})).toEqual({ tenant: 'local', keyName: null })
    expect(open({ 'x-api-key': 'dummy' })).toEqual({ tenant: 'local', keyName: null })
  })

  it('lets nobody in without keys when not open', () => {
    expect(() => createAuthenticator({ keys: [], open: false })({})).toThrow(GatewayError)
  })

  it('asks for a key as soon as there is one, whatever `open` says', () => {
    expect(() => createAuthenticator({ keys, open: true })({})).toThrow(GatewayError)
  })
})

describe('principalOf()', () => {
  const key = { name: 'me', hash: hashKey(mine), models: null }

  it('gives a tenant that is stable, whatever else the config says', () => {
    expect(principalOf(key)).toEqual(principalOf({ ...key, hash: key.hash.toUpperCase(), models: ['x'] }))
    expect(principalOf(key).tenant).toMatch(/^key_[\w-]{22}$/)
  })

  it('gives another tenant to another name, and to another key of the same name', () => {
    const tenants = [key, { ...key, name: 'you' }, { ...key, hash: hashKey(theirs) }].map(
      (each) => principalOf(each).tenant,
    )
    expect(new Set(tenants).size).toBe(3)
  })
})
