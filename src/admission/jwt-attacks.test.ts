import { createHmac, createPublicKey, hash } from 'node:crypto'
import { exportJWK, exportSPKI, importJWK, SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, claimsAt, forged, ISSUER, issuerOf, keySet, signed, signingKey } from '../../test/support/tokens.ts'
import { GatewayError } from '../lib/error.ts'
import { TokenVerifier } from './jwt.ts'
import type { IssuerSettings } from './jwt.ts'
import { unauthorized } from './unauthorized.ts'

const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000
const SECRET = 'a secret of at least 32 characters!'
const OTHER_ISSUER = 'https://other.example/'

const rsa = await signingKey('rsa', 'RS256')
const ec = await signingKey('ec', 'ES256')
const stranger = await signingKey('rsa', 'RS256')
const own = claimsAt(NOW)

/** One issuer with RSA and EC keys, another with a shared secret, and a third whose key has the name of the first's. */
const ISSUERS: readonly IssuerSettings[] = [
  issuerOf({
    trust: { kind: 'keys', from: { kind: 'inline', text: keySet(rsa, ec) }, algorithms: ['RS256', 'ES256'] },
  }),
  issuerOf({ issuer: 'https://secret.example/', trust: { kind: 'secret', secret: SECRET, algorithms: ['HS256'] } }),
  issuerOf({
    issuer: OTHER_ISSUER,
    trust: { kind: 'keys', from: { kind: 'inline', text: keySet(stranger) }, algorithms: ['RS256'] },
  }),
]

function newVerifier(issuers = ISSUERS): TokenVerifier {
  return new TokenVerifier(issuers, {
    readKeySet: async (place) => (place.kind === 'inline' ? place.text : ''),
    wallClock: () => NOW,
    now: () => NOW,
    refused: () => {},
    unreadable: () => {},
  })
}

const digestOf = (token: string): string => hash('sha256', token, 'hex')

async function isLetIn(token: string, verifier = newVerifier()): Promise<boolean> {
  const thrown: unknown = await verifier.verify(token, digestOf(token)).then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown === null) return true
  // Whatever was wrong, the client learns the same.
  expect(thrown).toBeInstanceOf(GatewayError)
  expect(thrown).toMatchObject({ code: 'unauthorized', message: unauthorized().message })
  expect(verifier.known(digestOf(token))).toBeNull()
  return false
}

async function expectRefused(token: string): Promise<void> {
  expect(await isLetIn(token)).toBe(false)
}

function hmac(header: JWTHeaderParameters, secret: string | Buffer): string {
  const unsigned = forged(header, own).slice(0, -1)
  const digest = header.alg.replace('HS', 'sha')
  return `${unsigned}.${createHmac(digest, secret).update(unsigned).digest('base64url')}`
}

it('a token without any fault is let in, so that the others are refused for theirs', async () => {
  expect(await isLetIn(await signed(own, rsa))).toBe(true)
  expect(await isLetIn(await signed(own, ec))).toBe(true)
})

describe("the algorithm is not the token's to choose", () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', ' none', 'none\u0000'])('%j', async (alg) => {
    await expectRefused(forged({ alg }, own))
    await expectRefused(forged({ alg, kid: 'rsa' }, own, 'x'))
    await expectRefused(forged({ alg, typ: 'JWT' }, { ...own, iss: 'https://secret.example/' }))
  })

  it.each([undefined, null, 7, {}, [], ['RS256'], true])('%j', async (alg) => {
    await expectRefused(forged({ alg, kid: 'rsa' }, own, 'x'))
  })

  it('a public key is no secret, in whatever form it is written', async () => {
    const pem = await exportSPKI(await publicKeyOf('RS256', rsa.jwk))
    const der = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    const pkcs1 = createPublicKey(pem).export({ format: 'pem', type: 'pkcs1' }).toString()
    const forms = [
      pem,
      pem.trim(),
      `${pem}\n`,
      ` ${pem}`,
      `\u00a0${pem}`,
      pem.replaceAll('\n', '\r\n'),
      pem.replace('PUBLIC KEY', 'RSA PUBLIC KEY'),
      pkcs1,
      der,
      JSON.stringify(rsa.jwk),
      keySet(rsa, ec),
      Buffer.from(String(rsa.jwk.n), 'base64url'),
      '',
    ]
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const form of forms) {
        await expectRefused(hmac({ alg, kid: 'rsa' }, form))
        await expectRefused(hmac({ alg }, form))
      }
    }
  })

  it.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512'])(
    '%s, which the key could do and the config does not name',
    async (alg) => {
      const privateKey = await importJWK(await exportJWK(rsa.privateKey), alg)
      if (privateKey instanceof Uint8Array) throw new Error('no private key')
      await expectRefused(await signed(own, { ...rsa, privateKey, algorithm: alg }))
    },
  )

  it('one with a secret takes no token that is signed with a key', async () => {
    await expectRefused(await signed({ ...own, iss: 'https://secret.example/' }, rsa))
  })

  it('a secret in a set of public keys opens nothing', async () => {
    const jwk = { kty: 'oct', kid: 'oct', k: Buffer.from(SECRET).toString('base64url'), alg: 'HS256' }
    const verifier = newVerifier([
      issuerOf({
        trust: { kind: 'keys', from: { kind: 'inline', text: JSON.stringify({ keys: [jwk] }) }, algorithms: ['RS256'] },
      }),
    ])
    expect(await isLetIn(hmac({ alg: 'HS256', kid: 'oct' }, SECRET), verifier)).toBe(false)
  })
})

describe("the key is not the token's to bring", () => {
  it.each<[string, Partial<JWTHeaderParameters>]>([
    ['jwk', { jwk: stranger.jwk }],
    ['jku', { jku: 'https://evil.example/jwks.json' }],
    ['x5u', { x5u: 'https://evil.example/certificate.pem' }],
    ['x5c', { x5c: ['MIIB'] }],
    ['x5t', { x5t: 'aaaa' }],
  ])('%s is not looked at', async (_, header) => {
    await expectRefused(await signed(own, stranger, header))
    // A token that is good without it is as good with it.
    expect(await isLetIn(await signed(own, rsa, header))).toBe(true)
  })

  it.each([
    '../../../../dev/null',
    '/etc/passwd',
    "' OR '1'='1",
    "x' UNION SELECT 'secret'--",
    '__proto__',
    'constructor',
    '',
    'rsa\u0000',
    'RSA',
    'rsa ',
    'x'.repeat(8000),
  ])('kid %j names none', async (kid) => {
    await expectRefused(await signed(own, { ...rsa, kid }))
    await expectRefused(await signed(own, { ...stranger, kid }))
  })

  it.each([null, 7, true, [], ['rsa'], { toString: 'rsa' }])('kid %j names none', async (kid) => {
    await expectRefused(forged({ alg: 'RS256', kid }, own, 'x'))
  })

  it('a key of another issuer counts only for that one, also under the same name', async () => {
    await expectRefused(await signed(own, stranger))
    await expectRefused(await signed({ ...own, iss: OTHER_ISSUER }, rsa))
    expect(await isLetIn(await signed({ ...own, iss: OTHER_ISSUER }, stranger))).toBe(true)
  })

  it('a key of another curve or kind counts for nothing', async () => {
    const wide = await signingKey('ec', 'ES384')
    await expectRefused(await signed(own, { ...wide, algorithm: 'ES384' }))
    await expectRefused(forged({ alg: 'ES256', kid: 'rsa' }, own, Buffer.alloc(64, 1)))
    await expectRefused(forged({ alg: 'RS256', kid: 'ec' }, own, Buffer.alloc(256, 1)))
  })

  it('a signature of nothing but zeros is none', async () => {
    for (const size of [0, 1, 64, 96, 256]) {
      await expectRefused(forged({ alg: 'ES256', kid: 'ec' }, own, Buffer.alloc(size)))
      await expectRefused(forged({ alg: 'RS256', kid: 'rsa' }, own, Buffer.alloc(size)))
    }
  })
})

describe('what the token says has to hold', () => {
  const FAULTS: readonly (readonly [string, object])[] = [
    ['no exp', { exp: undefined }],
    ['exp in the past', { exp: SECONDS - 1 }],
    ['exp now', { exp: SECONDS }],
    ['exp as a text', { exp: String(SECONDS + 300) }],
    ['exp null', { exp: null }],
    ['exp in milliseconds as a negative number', { exp: -NOW }],
    ['exp as a list', { exp: [SECONDS + 300] }],
    ['nbf in the future', { nbf: SECONDS + 1 }],
    ['nbf as a text', { nbf: String(SECONDS) }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: 'other' }],
    ['aud in another case', { aud: 'UCR' }],
    ['aud that begins like ours', { aud: `${AUDIENCE}-staging` }],
    ['an empty list of audiences', { aud: [] }],
    ['aud as an object', { aud: { 0: AUDIENCE } }],
    ['no iss', { iss: undefined }],
    ['another iss', { iss: 'https://evil.example/' }],
    ['iss without its slash', { iss: ISSUER.slice(0, -1) }],
    ['iss with a path', { iss: `${ISSUER}x` }],
    ['iss in another case', { iss: ISSUER.toUpperCase() }],
    ['iss as a list', { iss: [ISSUER] }],
    ['iss as a name of objects', { iss: '__proto__' }],
    ['no sub', { sub: undefined }],
    ['sub as a number', { sub: 7 }],
    ['an empty sub', { sub: '' }],
  ]

  it.each(FAULTS)('%s', async (_, fault) => {
    const payload = JSON.parse(JSON.stringify({ ...own, ...fault })) as object
    const header = forged({ alg: 'ES256', kid: 'ec' }, payload).slice(0, -1)
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ec.privateKey, Buffer.from(header))
    await expectRefused(`${header}.${Buffer.from(signature).toString('base64url')}`)
  })

  it.each(['{"exp":1e400}', '{}', '[]', 'null', '"text"', '7', '', '{', '\ufeff{}'])(
    'the payload %s is none',
    async (text) => {
      const header = forged({ alg: 'ES256', kid: 'ec' }, text).slice(0, -1)
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ec.privateKey, Buffer.from(header))
      await expectRefused(`${header}.${Buffer.from(signature).toString('base64url')}`)
    },
  )

  it('an extension that nobody here knows, and that must be known', async () => {
    const token = (header: JWTHeaderParameters): Promise<string> =>
      new SignJWT(own).setProtectedHeader(header).sign(rsa.privateKey, { crit: { 'urn:x': true, exp: true } })
    await expectRefused(await token({ alg: 'RS256', kid: 'rsa', crit: ['urn:x'], 'urn:x': 1 }))
    await expectRefused(forged({ alg: 'RS256', kid: 'rsa', crit: [] }, own, 'x'))
    await expectRefused(forged({ alg: 'RS256', kid: 'rsa', crit: 'exp' }, own, 'x'))
    await expectRefused(forged({ alg: 'RS256', kid: 'rsa', b64: false, crit: ['b64'] }, own, 'x'))
  })

  it('exp and nbf, to the second, with and without tolerance: 10 000 clocks', async () => {
    const tolerance = 30
    const trust = { kind: 'secret', secret: SECRET, algorithms: ['HS256'] } as const
    const strict = newVerifier([issuerOf({ trust })])
    const tolerant = newVerifier([issuerOf({ trust, clockTolerance: tolerance * 1000 })])
    let tokens = 0
    for (let exp = -50; exp < 50; exp++) {
      for (let nbf = -50; nbf < 50; nbf++) {
        const unsigned = forged({ alg: 'HS256' }, { ...own, exp: SECONDS + exp, nbf: SECONDS + nbf }).slice(0, -1)
        const token = `${unsigned}.${createHmac('sha256', SECRET).update(unsigned).digest('base64url')}`
        const verifier = tokens++ % 2 === 0 ? strict : tolerant
        const slack = verifier === strict ? 0 : tolerance
        const expected = exp > -slack && nbf <= slack
        if ((await isLetIn(token, verifier)) !== expected) expect.fail(`exp ${exp}, nbf ${nbf}: not ${expected}`)
      }
    }
    expect(tokens).toBe(10_000)
  })
})

describe('a token is what was signed, and nothing that looks like it', () => {
  it('no changed character leaves it good', async () => {
    const token = await signed(own, ec)
    const verifier = newVerifier()
    expect(await isLetIn(token, verifier)).toBe(true)
    for (let at = 0; at < token.length; at++) {
      const changed = token[at] === 'A' ? 'B' : 'A'
      const other = token.slice(0, at) + changed + token.slice(at + 1)
      // The last character of a part of base64url may hold bits that mean nothing.
      if (Buffer.from(other.split('.').at(-1) ?? '', 'base64url').equals(signatureOf(token))) continue
      if (await isLetIn(other, verifier)) expect.fail(`character ${at} may be changed`)
    }
  })

  it('no other token that begins alike is known, for any length of the beginning', async () => {
    const token = await signed(own, rsa)
    const verifier = newVerifier()
    expect(await isLetIn(token, verifier)).toBe(true)
    expect(verifier.known(digestOf(token))).not.toBeNull()
    for (let length = 0; length < token.length; length++) {
      const rest = token.slice(length).replace(/[A-Za-z0-9]/g, (letter) => (letter === 'x' ? 'y' : 'x'))
      const other = token.slice(0, length) + rest
      if (other === token) continue
      expect(verifier.known(digestOf(other))).toBeNull()
      expect(verifier.known(digestOf(token.slice(0, length)))).toBeNull()
    }
    // Two good tokens of two people, the same in all but the last parts.
    const bob = await signed({ ...own, sub: 'bob' }, rsa)
    const identity = await verifier.verify(bob, digestOf(bob))
    expect(identity.tenant).not.toBe(verifier.known(digestOf(token))?.tenant)
  })

  it('parts that are missing, too many, exchanged, or written otherwise', async () => {
    const token = await signed(own, rsa)
    const [header = '', payload = '', signature = ''] = token.split('.')
    const [, otherPayload = '', otherSignature = ''] = (await signed({ ...own, sub: 'bob' }, rsa)).split('.')
    const fakes = [
      '',
      '.',
      '..',
      'eyJ..',
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${otherPayload}.${signature}`,
      `${header}.${payload}.${otherSignature}`,
      `${token}.`,
      `${token}.${signature}`,
      `${header}.${payload}.x.y.${signature}`,
      `${token}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${payload}.${signature.slice(2)}`,
      `${header}.${payload}.${signature}AAAA`,
      `${header} .${payload}.${signature}`,
      `${header}.${payload}\n.${signature}`,
      `${header}.${payload}.${signature}\u0000`,
      token.toLowerCase(),
      `eyJ${'['.repeat(10_000)}.e30.x`,
    ]
    for (const fake of fakes) await expectRefused(fake)
  })
})

function signatureOf(token: string): Buffer {
  return Buffer.from(token.split('.').at(-1) ?? '', 'base64url')
}

async function publicKeyOf(algorithm: string, jwk: typeof rsa.jwk): Promise<Parameters<typeof exportSPKI>[0]> {
  const key = await importJWK(jwk, algorithm, { extractable: true })
  if (key instanceof Uint8Array) throw new Error('no public key')
  return key
}
