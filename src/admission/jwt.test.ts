import { hash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { describe, expect, it } from 'vitest'
import { claimsAt, issuerOf, keySet, signed, signingKey } from '../../test/support/tokens.ts'
import { GatewayError } from '../lib/error.ts'
import { looksLikeToken, TokenVerifier } from './jwt.ts'
import type { IssuerSettings, TokenIdentity } from './jwt.ts'

const digestOf = (token: string): string => hash('sha256', token, 'hex')
const SECRET = 'a secret of at least 32 characters!'

/** A verifier at a time that the test moves, with key sets that it changes. */
class Desk {
  now = 1_800_000_000_000
  set = ''
  readable = true
  readonly refusals: string[] = []
  readonly unreadable: string[] = []
  readonly verifier: TokenVerifier

  constructor(...issuers: readonly IssuerSettings[]) {
    this.verifier = new TokenVerifier(issuers, {
      readKeySet: async (place) => {
        if (!this.readable) throw new Error('nobody answers')
        return place.kind === 'inline' && place.text !== '' ? place.text : this.set
      },
      wallClock: () => this.now,
      now: () => this.now,
      refused: (_issuer, why) => this.refusals.push(why),
      unreadable: (issuer, why) => this.unreadable.push(`${issuer} ${why}`),
    })
  }

  claims(more: JWTPayload = {}): JWTPayload {
    return claimsAt(this.now, more)
  }

  verify(token: string): Promise<TokenIdentity> {
    return this.verifier.verify(token, digestOf(token))
  }

  known(token: string): TokenIdentity | null {
    return this.verifier.known(digestOf(token))
  }

  async refusal(token: string): Promise<GatewayError> {
    const thrown: unknown = await this.verify(token).then(
      () => null,
      (error: unknown) => error,
    )
    if (thrown instanceof GatewayError) return thrown
    throw new Error('was let in')
  }
}

const key = await signingKey('one')

function deskWith(more: Partial<IssuerSettings> = {}): Desk {
  const desk = new Desk(issuerOf(more))
  desk.set = keySet(key)
  return desk
}

describe('TokenVerifier', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('accepts tokens that are signed with %s', async (algorithm) => {
    const other = await signingKey('other', algorithm)
    const desk = deskWith()
    desk.set = keySet(key, other)
    expect((await desk.verify(await signed(desk.claims(), other))).name).toBe('ann')
  })

  it('accepts tokens that are signed with a shared secret', async () => {
    const desk = new Desk(issuerOf({ trust: { kind: 'secret', secret: SECRET, algorithms: ['HS256'] } }))
    const { SignJWT } = await import('jose')
    const token = await new SignJWT(desk.claims()).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))
    expect((await desk.verify(token)).name).toBe('ann')
  })

  it('accepts tokens that name no key, whichever of the keys they are signed with', async () => {
    const two = await signingKey('two')
    const three = await signingKey('three')
    const desk = deskWith()
    desk.set = keySet(key, two, three)
    const { SignJWT } = await import('jose')
    for (const { privateKey } of [key, two, three]) {
      const token = await new SignJWT(desk.claims()).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
      expect((await desk.verify(token)).name).toBe('ann')
    }
  })

  it('accepts one of several audiences', async () => {
    const desk = deskWith({ audience: ['ucr', 'ucr-test'] })
    for (const aud of ['ucr', 'ucr-test', ['other', 'ucr']]) {
      expect((await desk.verify(await signed(desk.claims({ aud }), key))).name).toBe('ann')
    }
    expect((await desk.refusal(await signed(desk.claims({ aud: 'other' }), key))).code).toBe('unauthorized')
  })

  it('gives a tenant to each issuer and subject', async () => {
    const other = await signingKey('other')
    const desk = new Desk(
      issuerOf(),
      issuerOf({
        issuer: 'https://other.example/',
        trust: { kind: 'keys', from: { kind: 'inline', text: keySet(other) }, algorithms: ['ES256'] },
      }),
    )
    desk.set = keySet(key)
    const tenantOf = async (claims: JWTPayload, by = key): Promise<string> =>
      (await desk.verify(await signed(desk.claims(claims), by))).tenant
    const ann = await tenantOf({ jti: '1' })
    expect(ann).toMatch(/^jwt_[\w-]{22}$/)
    expect(await tenantOf({ jti: '2' })).toBe(ann)
    expect(await tenantOf({ sub: 'bob' })).not.toBe(ann)
    expect(await tenantOf({ iss: 'https://other.example/' }, other)).not.toBe(ann)
  })

  it('takes tenant, name, models and key from the claims that the config names', async () => {
    const claims = { tenant: 'org', name: 'email', models: 'may', key: 'plan' }
    const desk = deskWith({ claims, key: 'unused' })
    const more = { org: 'acme', email: 'ann@example.com', may: ['claude-*', 'fast'], plan: 'gold' }
    expect(await desk.verify(await signed(desk.claims(more), key))).toMatchObject({
      name: 'ann@example.com',
      models: ['claude-*', 'fast'],
      key: 'gold',
    })
    const text = await desk.verify(await signed(desk.claims({ ...more, may: 'claude-* fast' }), key))
    expect(text.models).toEqual(['claude-*', 'fast'])
  })

  it('lets a token ask for no model at all where it should name some and does not', async () => {
    const desk = deskWith({ claims: { tenant: 'sub', name: 'sub', models: 'may', key: null } })
    for (const may of [undefined, null, 7, {}, '', [], [7]]) {
      expect((await desk.verify(await signed(desk.claims({ may }), key))).models).toEqual([])
    }
  })

  it('refuses a token without a tenant, and one without the key that it should name', async () => {
    const desk = deskWith({ claims: { tenant: 'org', name: 'sub', models: null, key: 'plan' } })
    for (const claims of [
      { plan: 'gold' },
      { org: 'acme' },
      { org: '', plan: 'gold' },
      { org: ['acme'], plan: 'gold' },
    ]) {
      expect((await desk.refusal(await signed(desk.claims(claims), key))).code).toBe('unauthorized')
    }
  })

  it('takes no property of objects for a claim', async () => {
    const desk = deskWith({ claims: { tenant: 'constructor', name: 'sub', models: null, key: null } })
    expect((await desk.refusal(await signed(desk.claims(), key))).code).toBe('unauthorized')
  })

  it('makes a name of whatever the claim holds that is safe in logs', async () => {
    const desk = deskWith()
    const sub = `<b>\u001b[31m\r\n${'x'.repeat(100)}`
    const { name } = await desk.verify(await signed(desk.claims({ sub }), key))
    expect(name).toMatch(/^[\w.@ -]{64}$/)
  })

  it('has the keys of all issuers before the first token comes, where it is told to prepare', async () => {
    const desk = deskWith()
    await desk.verifier.prepare()
    desk.readable = false
    expect((await desk.verify(await signed(desk.claims(), key))).name).toBe('ann')
    expect(desk.refusals).toEqual([])
  })

  it('asks to try again while the keys of the issuer cannot be had', async () => {
    const desk = deskWith()
    desk.readable = false
    const refusal = await desk.refusal(await signed(desk.claims(), key))
    expect(refusal).toMatchObject({ code: 'overloaded', status: 503, retryAfter: 5 })
    expect(desk.unreadable).toEqual(['https://login.example.com/ nobody answers'])
    desk.readable = true
    desk.now += 5000
    expect((await desk.verify(await signed(desk.claims(), key))).name).toBe('ann')
  })
})

describe('TokenVerifier.known()', () => {
  it('knows a verified token until it expires', async () => {
    const desk = deskWith({ clockTolerance: 10_000 })
    const token = await signed(desk.claims(), key)
    expect(desk.known(token)).toBeNull()
    const identity = await desk.verify(token)
    desk.now += 309_000
    expect(desk.known(token)).toEqual(identity)
    expect(await desk.verify(token)).toEqual(identity)
    desk.now += 1000
    expect(desk.known(token)).toBeNull()
    expect((await desk.refusal(token)).code).toBe('unauthorized')
  })

  it('knows no token any more when other keys are in force', async () => {
    const desk = deskWith()
    const token = await signed(desk.claims({ exp: Math.floor(desk.now / 1000) + 100_000 }), key)
    await desk.verify(token)
    const two = await signingKey('two')
    desk.set = keySet(two)
    desk.now += 30_000
    // Somebody else's token makes the gateway read the keys again.
    await desk.verify(await signed(desk.claims(), two))
    expect(desk.known(token)).toBeNull()
    expect((await desk.refusal(token)).code).toBe('unauthorized')
  })

  it('notices also while only known tokens come that the keys are others', async () => {
    const desk = deskWith()
    const token = await signed(desk.claims({ exp: Math.floor(desk.now / 1000) + 100_000 }), key)
    await desk.verify(token)
    desk.set = keySet(await signingKey('two'))
    desk.now += 600_000
    desk.known(token)
    // The keys are read meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    expect(desk.known(token)).toBeNull()
  })

  it('knows nothing of what was refused', async () => {
    const desk = deskWith()
    const token = await signed(desk.claims({ aud: 'other' }), key)
    await desk.refusal(token)
    expect(desk.known(token)).toBeNull()
  })
})

describe('looksLikeToken()', () => {
  it.each([
    ['eyJhbGciOiJub25lIn0.e30.', true],
    ['eyJhbGciOiJub25lIn0.e30', false],
    ['eyJ.a.b.c.d', false],
    ['ucr_0123456789', false],
    ['', false],
    [`eyJ.${'a'.repeat(20_000)}.b`, false],
  ])('%s: %s', (credential, expected) => expect(looksLikeToken(credential)).toBe(expected))
})
