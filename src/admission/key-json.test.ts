import { describe, expect, it } from 'vitest'
import { keyNamed } from '../../test/support/keys.ts'
import { GatewayError } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'
import { checked } from '../lib/checked.ts'
import { changesFrom, KEY_CHANGES, KEY_ROTATION, rulesOf } from './key-json.ts'
import { keyToJson } from './key-view.ts'

const NOW = Date.UTC(2026, 0, 1)

function paramOf(read: () => unknown): string | null {
  try {
    read()
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request') return error.param
    throw error
  }
  throw new Error('was taken')
}

const changesOf = (value: JsonValue) => changesFrom(checked(KEY_CHANGES, value, 'body'))
const overlapOf = (value: JsonValue) => checked(KEY_ROTATION, value, 'body').overlap

describe('rulesOf()', () => {
  it('reads what a key may have, in the words of the config', () => {
    expect(
      rulesOf({
        name: 'me',
        owner: 'ann',
        models: ['claude-*'],
        routes: ['/v1/*'],
        rateLimit: { max: 5, timeWindow: '2s' },
        claudeTools: ['Read', 'Bash(git *)'],
        expires: '2027-01-31',
        disabled: true,
        metadata: { team: 'search' },
      }),
    ).toEqual({
      name: 'me',
      owner: 'ann',
      models: ['claude-*'],
      routes: ['/v1/*'],
      rateLimit: { max: 5, timeWindow: 2000 },
      claudeTools: ['Read', 'Bash(git *)'],
      expiresAt: Date.UTC(2027, 0, 31),
      disabled: true,
      metadata: { team: 'search' },
    })
  })

  it('lets a key do everything that is not said, but for tools of Claude Code', () => {
    expect(rulesOf({ name: 'me' })).toEqual({
      name: 'me',
      owner: null,
      models: null,
      routes: null,
      rateLimit: null,
      claudeTools: [],
      expiresAt: null,
      disabled: false,
      metadata: {},
    })
  })

  it('wants a name', () => expect(paramOf(() => rulesOf({ owner: 'ann' }))).toBe('name'))
})

describe('KEY_CHANGES', () => {
  it('changes what is there, and nothing else', () => {
    expect(changesOf({ owner: null, models: null })).toEqual({ owner: null, models: null })
    expect(changesOf({})).toEqual({})
  })

  it.each([
    'id',
    'tenant',
    'secrets',
    'hash',
    'key',
    'createdAt',
    'created',
    'revokedAt',
    'revoked',
    'expiresAt',
    'status',
    'source',
    '__proto__',
    'constructor',
    'toString',
  ])('lets nobody set %s', (field) => {
    const value = JSON.parse(`{"${field}": null}`) as JsonValue
    expect(paramOf(() => changesOf(value))).toBe(field)
  })

  it.each<[JsonValue, string]>([
    [null, 'body'],
    [[], 'body'],
    ['text', 'body'],
    [{ name: '' }, 'name'],
    [{ name: 'a/b' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: null }, 'name'],
    [{ owner: '' }, 'owner'],
    [{ owner: 7 }, 'owner'],
    [{ owner: 'x'.repeat(257) }, 'owner'],
    [{ models: 'claude-*' }, 'models'],
    [{ models: ['a', 7] }, 'models.1'],
    [{ models: Array(101).fill('a') }, 'models'],
    [{ routes: {} }, 'routes'],
    [{ claudeTools: null }, 'claudeTools'],
    [{ claudeTools: 'Read' }, 'claudeTools'],
    [{ claudeTools: ['Read', '--tools'] }, 'claudeTools.1'],
    [{ claudeTools: ['Read,Write'] }, 'claudeTools.0'],
    [{ rateLimit: 5 }, 'rateLimit'],
    [{ rateLimit: {} }, 'rateLimit.max'],
    [{ rateLimit: { max: 0 } }, 'rateLimit.max'],
    [{ rateLimit: { max: 1.5 } }, 'rateLimit.max'],
    [{ rateLimit: { max: 1, timeWindow: 0 } }, 'rateLimit.timeWindow'],
    [{ rateLimit: { max: 1, timeWindow: 'soon' } }, 'rateLimit.timeWindow'],
    [{ rateLimit: { max: 1, more: 1 } }, 'rateLimit.more'],
    [{ expires: 'tomorrow' }, 'expires'],
    [{ expires: '2027-02-45' }, 'expires'],
    [{ expires: 1_800_000_000 }, 'expires'],
    [{ disabled: 'yes' }, 'disabled'],
    [{ disabled: null }, 'disabled'],
    [{ metadata: null }, 'metadata'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ metadata: { a: 'x'.repeat(257) } }, 'metadata.a'],
  ])('refuses %j', (value, param) => {
    expect(paramOf(() => changesOf(value))).toBe(param)
  })

  it('keeps names of properties of objects as what they are in metadata', () => {
    const { metadata = {} } = changesOf(JSON.parse('{"metadata": {"__proto__": "a", "constructor": "b"}}') as JsonValue)
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })
})

describe('KEY_ROTATION', () => {
  it('is a time, or the usual one', () => {
    expect(overlapOf({ overlap: '2h' })).toBe(7_200_000)
    expect(overlapOf({ overlap: 0 })).toBe(0)
    expect(overlapOf({})).toBe(3_600_000)
    expect(paramOf(() => overlapOf({ overlap: 'long' }))).toBe('overlap')
    expect(paramOf(() => overlapOf({ over: '2h' }))).toBe('over')
  })
})

describe('keyToJson()', () => {
  it('shows what there is of a key, and no hash', () => {
    const key = { ...keyNamed('me', 'my-own-key-1', { rateLimit: { max: 5, timeWindow: 60_000 } }), createdAt: NOW }
    const shown = keyToJson(key, 'store', NOW)
    expect(shown).toMatchObject({
      name: 'me',
      source: 'store',
      status: 'active',
      rateLimit: { max: 5, timeWindow: '1m' },
      secrets: [{ hint: '…ey-1', created: null, expires: null }],
      created: '2026-01-01T00:00:00.000Z',
      revoked: null,
    })
    expect(JSON.stringify(shown)).not.toMatch(/sha256|my-own/)
  })

  it.each([
    [{}, 'active'],
    [{ expiresAt: NOW + 1 }, 'active'],
    [{ expiresAt: NOW }, 'expired'],
    [{ disabled: true, expiresAt: NOW }, 'disabled'],
    [{ revokedAt: NOW, disabled: true }, 'revoked'],
  ])('%j is %s', (change, status) => {
    expect(keyToJson({ ...keyNamed('me', 'my-own-key-1'), ...change }, 'config', NOW)['status']).toBe(status)
  })

  it('says nothing that could not be said again to change it', () => {
    const { name, owner, models, routes, rateLimit, claudeTools, expires, disabled, metadata } = keyToJson(
      keyNamed('me', 'my-own-key-1', { rateLimit: { max: 5, timeWindow: 1500 }, expiresAt: NOW }),
      'store',
      NOW,
    )
    const again = { name, owner, models, routes, rateLimit, claudeTools, expires, disabled, metadata } as JsonValue
    expect(changesOf(again)).toMatchObject({ rateLimit: { max: 5, timeWindow: 1500 }, expiresAt: NOW })
  })
})
