import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'

const SECRET = 'x'.repeat(32)
const issuer = { issuer: 'https://login.example.com/', audience: 'ucr' }
const jwks = 'https://login.example.com/.well-known/jwks.json'
const key = { name: 'me', key: 'my-own-key-1' }

async function complaints(auth: object, server: object = {}): Promise<readonly string[]> {
  const problems = await problemsOf({ auth, server })
  return problems.map(({ severity, field, message }) => `${severity} ${field} ${message}`)
}

describe('auth.keys', () => {
  it('may say what a key is for, and what it may do', async () => {
    const entry = {
      ...key,
      owner: 'ann@example.com',
      models: ['claude-*'],
      routes: ['/v1/messages'],
      rateLimit: { max: 5, timeWindow: '1s' },
      claudeTools: ['Read', 'Bash(git *)'],
      expires: '2027-01-31',
      disabled: true,
      metadata: { team: 'search' },
    }
    const { config, problems } = await loadText({ auth: { keys: [entry] } })
    expect(problems).toEqual([])
    expect(config.keys).toMatchObject([
      {
        name: 'me',
        owner: 'ann@example.com',
        models: ['claude-*'],
        routes: ['/v1/messages'],
        rateLimit: { max: 5, timeWindow: 1000 },
        claudeTools: ['Read', 'Bash(git *)'],
        expiresAt: Date.UTC(2027, 0, 31),
        disabled: true,
        metadata: { team: 'search' },
      },
    ])
  })

  it.each([
    ['2027-01-31T12:00:00Z', Date.UTC(2027, 0, 31, 12)],
    ['2027-01-31T12:00+02:00', Date.UTC(2027, 0, 31, 10)],
  ])('ends at %s', async (expires, time) => {
    const { config } = await loadText({ auth: { keys: [{ ...key, expires }] } })
    expect(config.keys[0]?.expiresAt).toBe(time)
  })

  it.each(['2027-13-01', 'tomorrow', '2027-1-1', '1800000000'])('cannot end at %j', async (expires) => {
    expect(await complaints({ keys: [{ ...key, expires }] })).toEqual([
      expect.stringContaining('error auth.keys[0].expires must be a date'),
    ])
  })
})

describe('auth.jwt', () => {
  it('means what the reference says, with defaults', async () => {
    const { config, problems } = await loadText({ auth: { jwt: [{ ...issuer, jwks }] } })
    expect(problems).toEqual([])
    expect(config.auth.issuers).toEqual([
      {
        issuer: 'https://login.example.com/',
        audience: ['ucr'],
        trust: { kind: 'keys', from: { kind: 'url', url: jwks }, algorithms: ['RS256', 'ES256', 'EdDSA'] },
        claims: { tenant: 'sub', name: 'sub', models: null, key: null },
        key: null,
        clockTolerance: 30_000,
      },
    ])
  })

  it('takes keys from a file beside the config, and from the config itself', async () => {
    const keys = [{ kty: 'OKP', crv: 'Ed25519', x: 'abc', key_ops: ['verify'], ext: true }]
    const { config, path } = await loadText({
      auth: {
        jwt: [
          { ...issuer, jwks: './keys.json' },
          { ...issuer, issuer: 'two', jwks: { keys } },
        ],
      },
    })
    expect(config.auth.issuers.map(({ trust }) => (trust.kind === 'keys' ? trust.from : null))).toEqual([
      { kind: 'file', path: join(path ?? '', '..', 'keys.json') },
      { kind: 'inline', text: JSON.stringify({ keys }) },
    ])
  })

  it('takes a secret from the environment', async () => {
    const auth = { jwt: [{ ...issuer, secret: '${JWT_SECRET}' }] }
    const { config } = await loadText({ auth }, { environment: { JWT_SECRET: SECRET } })
    expect(config.auth.issuers[0]?.trust).toEqual({ kind: 'secret', secret: SECRET, algorithms: ['HS256'] })
  })

  it.each<[string, object, string]>([
    ['nothing to verify with', {}, 'error auth.jwt[0] must have "jwks" or "secret"'],
    [
      'two things to verify with',
      { jwks, secret: SECRET },
      'error auth.jwt[0] must have only one of "jwks" and "secret"',
    ],
    ['no audience', { jwks, audience: undefined }, 'error auth.jwt[0].audience '],
    ['an empty list of audiences', { jwks, audience: [] }, 'error auth.jwt[0].audience must be at least one audience'],
    ['a short secret', { secret: 'short' }, 'error auth.jwt[0].secret must be at least 32 characters'],
    [
      'a public key in place of a secret',
      { secret: `-----BEGIN PUBLIC KEY-----\n${SECRET}` },
      'error auth.jwt[0].secret must be a secret, not a key in PEM form',
    ],
    ['none', { jwks, algorithms: ['none'] }, 'error auth.jwt[0].algorithms[0] must be one of'],
    ['no algorithm', { jwks, algorithms: [] }, 'error auth.jwt[0].algorithms must be a list with at least one'],
    [
      'an algorithm for secrets with public keys',
      { jwks, algorithms: ['RS256', 'HS256'] },
      'error auth.jwt[0].algorithms must be algorithms for public keys',
    ],
    [
      'an algorithm for keys with a secret',
      { secret: SECRET, algorithms: ['RS256'] },
      'error auth.jwt[0].algorithms must be algorithms for a secret',
    ],
    [
      'keys over an open line',
      { jwks: 'http://login.example.com/keys' },
      'error auth.jwt[0].jwks must be a URL that begins',
    ],
    [
      'keys from elsewhere',
      { jwks: 'ftp://login.example.com/keys' },
      'error auth.jwt[0].jwks must be a URL that begins',
    ],
    [
      'a password in the URL',
      { jwks: 'https://a:b@login.example.com/' },
      'error auth.jwt[0].jwks must be a URL that begins',
    ],
    [
      'a private key',
      { jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'abc', d: 'canary' }] } },
      'error auth.jwt[0].jwks must hold public keys only',
    ],
    [
      'a secret as a key',
      { jwks: { keys: [{ kty: 'oct', k: 'canary' }] } },
      'error auth.jwt[0].jwks must hold public keys only',
    ],
    [
      'a key that the file does not have',
      { jwks, key: 'team' },
      'warning auth.jwt[0].key is the name of no key of this file',
    ],
  ])('complains about %s', async (_, change, expected) => {
    const found = await complaints({ jwt: [{ ...issuer, ...change }] })
    expect(found).toEqual([expect.stringContaining(expected)])
    expect(found.join()).not.toContain('canary')
  })

  it('complains about an issuer that is there twice', async () => {
    const found = await complaints({
      jwt: [
        { ...issuer, jwks },
        { ...issuer, jwks },
      ],
    })
    expect(found).toEqual([expect.stringContaining('error auth.jwt[1].issuer is an earlier issuer too')])
  })

  it.each(['http://localhost:9/keys', 'http://127.0.0.1:9/keys', 'http://[::1]:9/keys'])('may read %s', async (url) => {
    expect(await complaints({ jwt: [{ ...issuer, jwks: url }] })).toEqual([])
  })
})

describe('a gateway that other machines reach', () => {
  it('needs keys, an issuer, or the word that nobody comes in without', async () => {
    const server = { host: '0.0.0.0', allowedHosts: ['*'] }
    expect(await complaints({}, server)).toHaveLength(2)
    expect(await complaints({ keys: [key] }, server)).toEqual([])
    expect(await complaints({ jwt: [{ ...issuer, jwks }] }, server)).toEqual([])
    expect(await complaints({ required: true }, server)).toEqual([])
  })
})
