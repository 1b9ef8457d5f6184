import { describe, expect, it } from 'vitest'
import { keyNamed } from '../../test/support/keys.ts'
import { generateKey, hashKey } from '../admission/keys.ts'
import { OPEN_KEY } from './client-lines.ts'
import { clientKey, expectedUrl } from './find-gateway.ts'

const key = generateKey()
const nobody = { keys: [], auth: { required: false, issuers: [], adminToken: null } }
const config = { ...nobody, keys: [keyNamed('me', key)] }

describe('clientKey()', () => {
  it('finds the variable that holds a key of the config, whatever it is called', () => {
    expect(clientKey(config, [], { OTHER: 'something else', MINE: ` ${key} ` })).toEqual({
      kind: 'variable',
      name: 'MINE',
      value: key,
    })
  })

  it('finds one of the store, and knows by its keys that the gateway is closed', () => {
    expect(clientKey(nobody, config.keys, { MINE: key })).toMatchObject({ kind: 'variable', name: 'MINE' })
    expect(clientKey(nobody, config.keys, {})).toEqual({ kind: 'unknown' })
    expect(clientKey(nobody, null, {})).toEqual({ kind: 'unknown' })
  })

  it('takes nothing else for one', () => {
    expect(clientKey(config, [], { UCR_API_KEY: 'another-key', HASH: hashKey(key), ANY: OPEN_KEY })).toEqual({
      kind: 'unknown',
    })
  })

  it('needs none where the gateway is open', () => {
    expect(clientKey(nobody, [], { MINE: key })).toEqual({ kind: 'open' })
  })

  it('needs one where the config asks for one, whoever gives them out', () => {
    const required = { ...nobody, auth: { ...nobody.auth, required: true } }
    expect(clientKey(required, [], {})).toEqual({ kind: 'unknown' })
  })
})

describe('expectedUrl()', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['::1', 'http://[::1]:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
  ])('%s is reached at %s', (host, url) => expect(expectedUrl({ host, tls: null }, 3000)).toBe(url))
})
