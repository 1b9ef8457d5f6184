import { describe, expect, it } from 'vitest'
import { hashKey } from '../admission/keys.ts'
import { applyOverrides, misspelledVariables, VARIABLES } from './environment.ts'
import { valueAt } from './issues.ts'
import { pathKey } from './variables.ts'

describe('applyOverrides()', () => {
  const file = { server: { host: 'file', port: 1, bodyLimit: '1mb' }, logging: { level: 'error' } }

  it('puts flags before UCR_*, that before CLAUDE_WRAPPER_*, that before the common names, and those before the file', () => {
    const port = (environment: Record<string, string>, flag?: number) =>
      valueAt(applyOverrides(file, environment, { port: flag }).value, ['server', 'port'])
    const all = { UCR_PORT: '3', CLAUDE_WRAPPER_PORT: '4', PORT: '5' }
    expect(port(all, 2)).toBe(2)
    expect(port(all)).toBe('3')
    expect(port({ ...all, UCR_PORT: '' })).toBe('4')
    expect(port({ PORT: '5' })).toBe('5')
    expect(port({})).toBe(1)
  })

  it('leaves the rest of the file as it is', () => {
    expect(applyOverrides(file, { UCR_HOST: 'h', LOG_LEVEL: 'info' }, {}).value).toEqual({
      server: { host: 'h', port: 1, bodyLimit: '1mb' },
      logging: { level: 'info' },
    })
  })

  it('adds no key that the file has, in clear or hashed', () => {
    for (const entry of [
      { name: 'me', key: 'from-ucr' },
      { name: 'me', hash: hashKey('from-ucr').toUpperCase().replace('SHA', 'sha') },
    ]) {
      const withKey = { auth: { keys: [entry] } }
      expect(applyOverrides(withKey, { UCR_API_KEY: 'from-ucr' }, {}).value).toEqual(withKey)
    }
  })

  it('adds a key to those of the file, and only one', () => {
    const withKeys = { auth: { keys: [{ name: 'me', hash: 'sha256:0' }] } }
    const environment = { UCR_API_KEY: 'from-ucr', API_KEY: 'from-common' }
    expect(applyOverrides(withKeys, environment, {}).value).toEqual({
      auth: {
        keys: [
          { name: 'me', hash: 'sha256:0' },
          { name: 'UCR_API_KEY', key: 'from-ucr' },
        ],
      },
    })
    expect(applyOverrides({}, environment, { apiKey: 'from-flag' }).value).toEqual({
      auth: { keys: [{ name: 'key', key: 'from-flag' }] },
    })
  })

  it.each([
    ['UCR_PORT', '3000, 8000', ['server', 'port'], ['3000', '8000']],
    ['UCR_ALLOWED_HOSTS', 'a.example, b.example,', ['server', 'allowedHosts'], ['a.example', 'b.example']],
    ['LOG_LEVEL', 'WARNING', ['logging', 'level'], 'warn'],
    ['UCR_LOG_LEVEL', 'Verbose', ['logging', 'level'], 'debug'],
    ['UCR_STRICT', ' true ', ['strict'], 'true'],
  ])('reads %s=%j', (name, text, path, expected) => {
    expect(valueAt(applyOverrides({}, { [name]: text }, {}).value, path)).toEqual(expected)
  })

  it('remembers which flag or variable a value came from', () => {
    const { origins, fromEnvironment } = applyOverrides({}, { UCR_PORT: '1', UCR_HOST: 'h' }, { host: 'x' })
    expect(origins.get(pathKey(['server', 'host']))).toBe('--host')
    expect(origins.get(pathKey(['server', 'port']))).toBe('UCR_PORT')
    expect([...fromEnvironment]).toEqual([pathKey(['server', 'port'])])
  })

  it.each([[{ server: 'x' }], [[]], [null], [{ server: null }]])('leaves %j for the schema to refuse', (value) => {
    expect(applyOverrides(value, { PORT: '1' }, {}).value).toEqual(value)
  })

  it('names each variable once', () => {
    const names = VARIABLES.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('misspelledVariables()', () => {
  it('warns about a variable that is spelled nearly like one of ours', () => {
    expect(misspelledVariables({ UCR_PROT: '1' }, new Set())).toMatchObject([
      { severity: 'warning', field: 'UCR_PROT', fix: 'set UCR_PORT' },
    ])
  })

  it('is silent about ours, those that the file names, and those of other programs', () => {
    const environment = { UCR_PORT: '1', UCR_CONFIG: 'x', UCR_PORTS: '1', UCR_INSTALL_DIR: 'x', MY_UCR_PROT: '1' }
    expect(misspelledVariables(environment, new Set(['UCR_PORTS']))).toEqual([])
  })
})
