import { hash, randomBytes } from 'node:crypto'
import type { CryptoKey, JWTPayload, JWTVerifyOptions } from 'jose'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../lib/error.ts'
import { IssuerKeys, KeySetUnavailable } from './jwks.ts'
import { unauthorized } from './unauthorized.ts'

export const PUBLIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
export const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const

export type PublicAlgorithm = (typeof PUBLIC_ALGORITHMS)[number]
export type SecretAlgorithm = (typeof SECRET_ALGORITHMS)[number]

/** With what an issuer signs. The algorithms are ours to choose: what the token says is only compared with them. */
export type IssuerTrust =
  /** A secret that both sides have, as UTF-8. */
  | { readonly kind: 'secret'; readonly secret: string; readonly algorithms: readonly SecretAlgorithm[] }
  | { readonly kind: 'keys'; readonly from: KeySetPlace; readonly algorithms: readonly PublicAlgorithm[] }

/** Where the JWK set is. */
export type KeySetPlace =
  | { readonly kind: 'url'; readonly url: string }
  /** Absolute. */
  | { readonly kind: 'file'; readonly path: string }
  /** The set itself, as JSON. */
  | { readonly kind: 'inline'; readonly text: string }

export interface IssuerSettings {
  /** `iss`, to the letter. */
  readonly issuer: string
  /** `aud` has to name one of these. */
  readonly audience: readonly string[]
  readonly trust: IssuerTrust
  readonly claims: ClaimNames
  /** Name of the key whose rules hold for all of its tokens; null: none, unless a claim names one. */
  readonly key: string | null
  /** Milliseconds by which clocks may differ. */
  readonly clockTolerance: number
}

/** Which claims say what. */
export interface ClaimNames {
  /** Whose caches, conversations and limits they are. */
  readonly tenant: string
  /** For logs. */
  readonly name: string
  /** Models and patterns, as a list or with blanks between them; null: the token limits nothing. */
  readonly models: string | null
  /** Name of the key whose rules hold for this token. */
  readonly key: string | null
}

/** What a verified token says of its bearer. */
export interface TokenIdentity {
  /** The same for all tokens of one issuer and tenant claim. */
  readonly tenant: string
  /** Safe in logs. */
  readonly name: string
  readonly models: readonly string[] | null
  /** Name of the key whose rules hold; null: there are none. */
  readonly key: string | null
}

export interface TokenVerifierOptions {
  /** Rejects where the set cannot be had. */
  readonly readKeySet: (place: KeySetPlace) => Promise<string>
  /** Unix milliseconds. */
  wallClock(): number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** For the operator: a token that named this issuer was refused. Nothing of the token is in it. */
  refused(issuer: string, why: string): void
  /** The keys of an issuer could not be read; those that are known serve on. */
  readonly unreadable: (issuer: string, why: string) => void
}

interface Issuer {
  readonly settings: IssuerSettings
  /** Null for one with a secret. */
  readonly keys: IssuerKeys | null
}

interface Verified {
  readonly identity: TokenIdentity
  readonly issuer: Issuer
  /** Of the issuer's keys. */
  readonly generation: number
  /** Unix milliseconds. */
  readonly until: number
}

/** Longer ones are refused unread. */
const LONGEST_TOKEN = 16_384
const MOST_VERIFIED = 10_000
/** Milliseconds after which a client may try again that came while no keys could be had. */
const TRY_AGAIN = 5

/** Of the length that most have. */
const REHEARSED_SIGNATURE = Buffer.alloc(64).toString('base64url')

/** Is it worth verifying? All three parts are base64url, and the first is that of a JSON object. */
export function looksLikeToken(credential: string): boolean {
  return credential.startsWith('eyJ') && credential.length <= LONGEST_TOKEN && credential.split('.').length === 3
}

/** Verifies JSON Web Tokens (RFC 7519) of the issuers that the config names. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions
  readonly #issuers: ReadonlyMap<string, Issuer>
  /** By the digest of the whole token: two tokens that begin alike are two. */
  readonly #verified = new LRUCache<string, Verified>({ max: MOST_VERIFIED })

  constructor(issuers: readonly IssuerSettings[], options: TokenVerifierOptions) {
    this.#options = options
    this.#issuers = new Map(issuers.map((settings) => [settings.issuer, this.#issuer(settings)]))
  }

  /**
   * Reads the keys of all issuers and loads what verifying takes, so that nobody waits for it who comes first. What cannot
   * be had now is tried again then. Never rejects.
   */
  async prepare(): Promise<void> {
    const jose = await import('jose')
    await Promise.all([...this.#issuers.values()].map((issuer) => this.#rehearse(issuer, jose)))
  }

  /** Who bears the token of this digest (SHA-256 of all of it, hexadecimal); null where it has to be verified. */
  known(digest: string): TokenIdentity | null {
    const verified = this.#verified.get(digest)
    if (verified === undefined) return null
    const { identity, issuer, generation, until } = verified
    // A key that its issuer has withdrawn is noticed also while only known tokens come.
    issuer.keys?.freshen()
    if (until > this.#options.wallClock() && generation === (issuer.keys?.generation ?? 0)) return identity
    this.#verified.delete(digest)
    return null
  }

  /** Throws GatewayError `unauthorized`; `overloaded` while the issuer's keys cannot be had. */
  async verify(token: string, digest: string): Promise<TokenIdentity> {
    const jose = await import('jose')
    const issuer = this.#issuers.get(issuerOf(token, jose.decodeJwt))
    if (issuer === undefined) throw unauthorized()
    try {
      const { payload, generation } = await this.#check(token, issuer, jose)
      const { clockTolerance } = issuer.settings
      const identity = identityOf(payload, issuer.settings)
      // What jose has checked to be there.
      const until = (payload.exp ?? 0) * 1000 + clockTolerance
      this.#verified.set(digest, { identity, issuer, generation, until })
      return identity
    } catch (thrown) {
      throw this.#refusal(thrown, issuer, jose)
    }
  }

  /**
   * A token of nobody goes all the way up to its signature, once for each algorithm; what comes after that is done with one
   * that is signed here, with a secret that nobody else has.
   */
  async #rehearse(issuer: Issuer, jose: typeof import('jose')): Promise<void> {
    await this.#rehearseClaims(issuer.settings, jose).catch(() => undefined)
    for (const alg of issuer.settings.trust.algorithms) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      await this.#check(`${header}.e30.${REHEARSED_SIGNATURE}`, issuer, jose).catch(() => undefined)
    }
  }

  async #rehearseClaims(settings: IssuerSettings, jose: typeof import('jose')): Promise<void> {
    const checks = this.#checks(settings)
    const seconds = Math.floor(this.#options.wallClock() / 1000)
    const { issuer: iss, audience, claims } = settings
    const said = { [claims.tenant]: 'nobody', iss, aud: audience[0] ?? '', iat: seconds, exp: seconds + 60 }
    const secret = randomBytes(32)
    const token = await new jose.SignJWT(said).setProtectedHeader({ alg: 'HS256' }).sign(secret)
    issuerOf(token, jose.decodeJwt)
    const { payload } = await jose.jwtVerify(token, secret, { ...checks, algorithms: ['HS256'] })
    if (claims.key === null) identityOf(payload, settings)
  }

  #issuer(settings: IssuerSettings): Issuer {
    const { trust, issuer } = settings
    if (trust.kind === 'secret') return { settings, keys: null }
    const { readKeySet, now, unreadable } = this.#options
    return {
      settings,
      keys: new IssuerKeys({
        read: () => readKeySet(trust.from),
        now,
        failed: (why) => unreadable(issuer, why),
      }),
    }
  }

  async #check(
    token: string,
    { settings, keys }: Issuer,
    jose: typeof import('jose'),
  ): Promise<{ readonly payload: JWTPayload; readonly generation: number }> {
    const { trust } = settings
    const options = this.#checks(settings)
    if (trust.kind === 'secret' || keys === null) {
      const secret = trust.kind === 'secret' ? trust.secret : ''
      const { payload } = await jose.jwtVerify(token, Buffer.from(secret, 'utf8'), options)
      return { payload, generation: 0 }
    }
    const { alg, ...header } = jose.decodeProtectedHeader(token)
    // Before any key is looked for: a token must not choose how it is verified.
    if (alg === undefined || !options.algorithms.some((name) => name === alg)) throw new jose.errors.JOSEAlgNotAllowed()
    const candidates = await keys.candidates({ ...header, alg })
    const { generation } = keys
    return { payload: await withAny(token, candidates, options, jose), generation }
  }

  #checks({ issuer, audience, trust, clockTolerance }: IssuerSettings) {
    return {
      issuer,
      audience: [...audience],
      algorithms: [...trust.algorithms],
      requiredClaims: ['exp'],
      clockTolerance: clockTolerance / 1000,
      currentDate: new Date(this.#options.wallClock()),
    } satisfies JWTVerifyOptions
  }

  #refusal(thrown: unknown, { settings }: Issuer, { errors }: typeof import('jose')): GatewayError {
    if (thrown instanceof KeySetUnavailable) {
      const message = "The keys of this token's issuer cannot be read at the moment."
      return new GatewayError('overloaded', message, { retryAfter: TRY_AGAIN })
    }
    if (thrown instanceof GatewayError) return thrown
    this.#options.refused(settings.issuer, thrown instanceof errors.JOSEError ? thrown.code : 'it cannot be verified')
    return unauthorized()
  }
}

function issuerOf(token: string, decode: (token: string) => JWTPayload): string {
  try {
    return decode(token).iss ?? ''
  } catch {
    throw unauthorized()
  }
}

/** Tokens need not name their key: then each that fits is tried. */
async function withAny(
  token: string,
  candidates: readonly CryptoKey[],
  options: JWTVerifyOptions,
  { jwtVerify, errors }: typeof import('jose'),
): Promise<JWTPayload> {
  for (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (thrown) {
      if (!(thrown instanceof errors.JWSSignatureVerificationFailed)) throw thrown
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}

function identityOf(payload: JWTPayload, { issuer, claims, key }: IssuerSettings): TokenIdentity {
  const tenant = textOf(payload, claims.tenant)
  if (tenant === null) throw unauthorized()
  const digest = hash('sha256', JSON.stringify([issuer, tenant]), 'base64url')
  const named = claims.key === null ? key : textOf(payload, claims.key)
  if (named === null && claims.key !== null) throw unauthorized()
  return {
    tenant: `jwt_${digest.slice(0, 22)}`,
    name: printable(textOf(payload, claims.name) ?? tenant),
    models: claims.models === null ? null : modelsOf(claimOf(payload, claims.models)),
    key: named,
  }
}

function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined
}

function textOf(payload: JWTPayload, name: string): string | null {
  const value = claimOf(payload, name)
  return typeof value === 'string' && value !== '' ? value : null
}

/** A token that says nothing where it should may use nothing. */
function modelsOf(value: unknown): readonly string[] {
  const list = typeof value === 'string' ? value.split(/\s+/) : value
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string' && item !== '') : []
}

/** As names of keys are. */
function printable(text: string): string {
  return text.replace(/[^\w.@ -]/g, '_').slice(0, 64)
}
