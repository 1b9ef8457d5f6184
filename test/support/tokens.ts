import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTHeaderParameters, JWTPayload } from 'jose'
import type { IssuerSettings } from '../../src/admission/jwt.ts'

export const ISSUER = 'https://login.example.com/'
export const AUDIENCE = 'ucr'

/** A pair of an issuer's keys. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: CryptoKey
  /** Public. */
  readonly jwk: JWK
}

export async function signingKey(kid: string, algorithm = 'ES256', crv?: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, {
    extractable: true,
    ...(crv === undefined ? {} : { crv }),
  })
  return { kid, algorithm, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

/** What a good token says, issued at this time (Unix milliseconds). */
export function claimsAt(now: number, more: JWTPayload = {}): JWTPayload {
  const seconds = Math.floor(now / 1000)
  return { iss: ISSUER, aud: AUDIENCE, sub: 'ann', iat: seconds, exp: seconds + 300, ...more }
}

export function signed(
  payload: JWTPayload,
  { kid, algorithm, privateKey }: SigningKey,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(privateKey)
}

/** A text of a JWK set. */
export function keySet(...keys: readonly Pick<SigningKey, 'jwk'>[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
}

/** An issuer that trusts one set of public keys, except as `more` says. */
export function issuerOf(more: Partial<IssuerSettings> = {}): IssuerSettings {
  return {
    issuer: ISSUER,
    audience: [AUDIENCE],
    trust: { kind: 'keys', from: { kind: 'inline', text: '' }, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    claims: { tenant: 'sub', name: 'sub', models: null, key: null },
    key: null,
    clockTolerance: 0,
    ...more,
  }
}

/** A token with parts of our own making: header and payload as JSON text, and any bytes as a signature. */
export function forged(header: unknown, payload: unknown, signature: string | Buffer = ''): string {
  const part = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(payload)}.${Buffer.from(signature).toString('base64url')}`
}
