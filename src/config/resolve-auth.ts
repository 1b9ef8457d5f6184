import { resolve } from 'node:path'
import { isLoopback, parseAuthority } from '../admission/address.ts'
import { PUBLIC_ALGORITHMS, SECRET_ALGORITHMS } from '../admission/jwt.ts'
import type { IssuerSettings, IssuerTrust, KeySetPlace } from '../admission/jwt.ts'
import { hashKey, isIntactKey, KEY_PREFIX, maskKey } from '../admission/keys.ts'
import type { RateLimitSettings } from '../admission/rate-counter.ts'
import { configuredKey } from '../admission/virtual-key.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import type { AuthSettings } from './config.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import { resolveRateLimit } from './resolve-rate-limit.ts'
import type { ConfigInput } from './schema.ts'

type AuthInput = ConfigInput['auth']
type IssuerInput = AuthInput['jwt'][number]
type KeyInput = AuthInput['keys'][number]

/** What stands for the last characters of a key of which only the hash is known. */
const NO_HINT = '…'

export function resolveKeys(inputs: readonly KeyInput[], resolution: Resolution): readonly VirtualKey[] {
  const names = new Set<string>()
  const hashes = new Set<string>()
  return inputs.map((input, index) => {
    const { name, hash, key } = input
    const path = ['auth', 'keys', index]
    if ((hash === undefined) === (key === undefined)) {
      const fix = 'run "ucr keys create --line" and use the line that it prints'
      resolution.error(
        path,
        `must have ${hash === undefined ? 'a "hash" or a "key"' : 'only one of "hash" and "key"'}`,
        fix,
      )
    }
    if (key?.startsWith(KEY_PREFIX) === true && !isIntactKey(key)) {
      resolution.warning([...path, 'key'], 'is no whole key of ucr: a part is missing or mistyped', 'copy it again')
    }
    const digest = key === undefined ? (hash ?? '').toLowerCase() : hashKey(key)
    if (names.has(name)) resolution.error([...path, 'name'], 'is the name of another key too', 'choose another', true)
    if (hashes.has(digest)) resolution.error(path, 'is the same key as an earlier one', 'remove one of the two')
    names.add(name)
    hashes.add(digest)
    return configuredKey(rulesOf(input, path, resolution), digest, key === undefined ? NO_HINT : maskKey(key))
  })
}

function rulesOf(input: KeyInput, path: Path, resolution: Resolution) {
  const { name, owner, models, routes, rateLimit, claudeTools, expires, disabled, metadata } = input
  return {
    name,
    owner: owner ?? null,
    models: models ?? null,
    routes: routes ?? null,
    rateLimit: resolveRateLimit(rateLimit, [...path, 'rateLimit'], resolution),
    claudeTools,
    expiresAt: expires === undefined ? null : resolveDate(expires, [...path, 'expires'], resolution),
    disabled,
    metadata,
  }
}

function resolveDate(text: string, path: Path, resolution: Resolution): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  resolution.error(path, 'must be a date that there is', 'write it as "2027-01-31"', true)
  return 0
}

export function resolveAuth(input: AuthInput, keys: readonly VirtualKey[], resolution: Resolution): AuthSettings {
  const seen = new Set<string>()
  const issuers = input.jwt.map((issuer, index) => {
    const path = ['auth', 'jwt', index]
    if (seen.has(issuer.issuer)) {
      resolution.error([...path, 'issuer'], 'is an earlier issuer too', 'put both into one', true)
    }
    seen.add(issuer.issuer)
    return resolveIssuer(issuer, path, keys, resolution)
  })
  return {
    // A store of others that is empty, or was emptied, opens nothing.
    required: input.required || input.store === 'redis',
    issuers,
    adminToken: input.adminToken?.toLowerCase() ?? null,
    store: input.store,
    storeGrace: input.storeGrace,
    failureLimit: resolveFailureLimit(input.failureLimit, resolution),
  }
}

function resolveFailureLimit(input: AuthInput['failureLimit'], resolution: Resolution): RateLimitSettings {
  return resolveRateLimit(input, ['auth', 'failureLimit'], resolution) ?? input
}

function resolveIssuer(
  input: IssuerInput,
  path: Path,
  keys: readonly VirtualKey[],
  resolution: Resolution,
): IssuerSettings {
  const { issuer, audience, claims, key, clockTolerance } = input
  if (key !== undefined && !keys.some(({ name }) => name === key)) {
    // It may be one that the admin API makes.
    resolution.warning(
      [...path, 'key'],
      'is the name of no key of this file: tokens are refused until there is one',
      null,
    )
  }
  return {
    issuer,
    audience: typeof audience === 'string' ? [audience] : audience,
    trust: resolveTrust(input, path, resolution),
    claims: { tenant: claims.tenant, name: claims.name, models: claims.models ?? null, key: claims.key ?? null },
    key: key ?? null,
    clockTolerance,
  }
}

function resolveTrust(input: IssuerInput, path: Path, resolution: Resolution): IssuerTrust {
  const { jwks, secret } = input
  if ((jwks === undefined) === (secret === undefined)) {
    const fix = 'write "jwks" for an issuer with public keys, "secret" for one with a shared secret'
    const message = jwks === undefined ? 'must have "jwks" or "secret"' : 'must have only one of "jwks" and "secret"'
    resolution.error(path, message, fix)
  }
  if (secret !== undefined) {
    if (secret.includes('-----BEGIN')) {
      // Whoever reads the public key could sign tokens with it.
      resolution.error([...path, 'secret'], 'must be a secret, not a key in PEM form', 'put public keys into "jwks"')
    }
    return { kind: 'secret', secret, algorithms: algorithmsOf(input, SECRET_ALGORITHMS, ['HS256'], path, resolution) }
  }
  return {
    kind: 'keys',
    from: resolvePlace(jwks ?? '', [...path, 'jwks'], resolution),
    algorithms: algorithmsOf(input, PUBLIC_ALGORITHMS, ['RS256', 'ES256', 'EdDSA'], path, resolution),
  }
}

/** A public key must never be used as a secret: that is what keeps the two kinds of algorithms apart. */
function algorithmsOf<T extends string>(
  { algorithms, secret }: IssuerInput,
  possible: readonly T[],
  usual: readonly T[],
  path: Path,
  resolution: Resolution,
): readonly T[] {
  if (algorithms === undefined) return usual
  const fitting = possible.filter((name) => algorithms.some((wanted) => wanted === name))
  if (fitting.length < new Set<string>(algorithms).size) {
    const what = secret === undefined ? 'public keys' : 'a secret'
    resolution.error(
      [...path, 'algorithms'],
      `must be algorithms for ${what}`,
      `choose from ${possible.join(', ')}`,
      true,
    )
  }
  return fitting
}

function resolvePlace(jwks: NonNullable<IssuerInput['jwks']>, path: Path, resolution: Resolution): KeySetPlace {
  if (typeof jwks !== 'string') {
    if (jwks.keys.some((key) => 'd' in key || 'k' in key)) {
      resolution.error(path, 'must hold public keys only', 'leave out "d" and "k", which are the secret parts of a key')
    }
    return { kind: 'inline', text: JSON.stringify(jwks) }
  }
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(jwks)) return { kind: 'file', path: resolve(resolution.folder, jwks) }
  const url = URL.parse(jwks)
  if (url === null || url.username !== '' || url.password !== '' || !isSafe(url)) {
    const fix = 'write it as "https://login.example.com/.well-known/jwks.json"'
    resolution.error(path, 'must be a URL that begins with https://, or http:// on a loopback address', fix)
  }
  return { kind: 'url', url: jwks }
}

/** Whoever stands between could put in keys of their own. */
function isSafe({ protocol, host }: URL): boolean {
  if (protocol === 'https:') return true
  return protocol === 'http:' && isLoopback(parseAuthority(host)?.host ?? '')
}
