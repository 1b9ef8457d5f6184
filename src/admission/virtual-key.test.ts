import { describe, expect, it } from 'vitest'
import { keyNamed } from '../../test/support/keys.ts'
import { configuredKey, principalOf, refusedFrom } from './virtual-key.ts'

const me = keyNamed('me', 'ucr_mine-0123456789')

describe('configuredKey()', () => {
  it('gives a tenant that is stable, whatever else the config says', () => {
    const hash = me.secrets[0]!.hash
    const other = configuredKey({ ...me, models: ['x'], owner: 'ann' }, hash.toUpperCase().replace('SHA', 'sha'), '…')
    expect(other.tenant).toBe(me.tenant)
    expect(me.tenant).toMatch(/^key_[\w-]{22}$/)
  })

  it('gives another tenant to another name, and to another key of the same name', () => {
    const keys = [me, keyNamed('you', 'ucr_mine-0123456789'), keyNamed('me', 'ucr_theirs-0123456789')]
    expect(new Set(keys.map(({ tenant }) => tenant)).size).toBe(3)
  })
})

describe('principalOf()', () => {
  it('says what the key may do: everything that is not said, but for tools of Claude Code', () => {
    const free = { models: [], routes: null, rateLimit: null, claudeTools: [] }
    expect(principalOf(me)).toEqual({ tenant: me.tenant, keyName: 'me', grant: free })
    expect(principalOf({ ...me, models: ['a'] }).grant).toEqual({ ...free, models: [['a']] })
    const rateLimit = { max: 1, timeWindow: 1000 }
    const claudeTools = ['Read']
    expect(principalOf({ ...me, routes: ['/v1/*'], rateLimit, claudeTools }).grant).toEqual({
      models: [],
      routes: ['/v1/*'],
      rateLimit,
      claudeTools,
    })
  })
})

describe('refusedFrom()', () => {
  it.each([
    [{}, Infinity],
    [{ expiresAt: 5000 }, 5000],
    [{ disabled: true, expiresAt: 5000 }, 0],
    [{ revokedAt: 1000 }, 0],
  ])('%j: %s', (change, expected) => {
    expect(refusedFrom({ ...me, ...change })).toBe(expected)
  })
})
