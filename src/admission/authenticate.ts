import { createHash, hash, timingSafeEqual } from 'node:crypto'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { KeySettings } from './keys.ts'

/**
 * Who makes this request. Throws GatewayError `unauthorized`, with the same message whether the key is missing, unknown,
 * revoked or malformed.
 */
export type Authenticator = (headers: Headers) => Principal

export interface AuthenticationSettings {
  readonly keys: readonly KeySettings[]
  /** Everybody who reaches the gateway may use it: no keys, on a loopback address. */
  readonly open: boolean
}

const LOCAL: Principal = { tenant: 'local', keyName: null }

export function createAuthenticator({ keys, open }: AuthenticationSettings): Authenticator {
  const entries = new Map(
    keys.map((key) => {
      const digest = key.hash.slice('sha256:'.length).toLowerCase()
      return [digest, { digest: Buffer.from(digest, 'hex'), principal: principalOf(key) }]
    }),
  )
  // Clients on an open gateway send whatever dummy key their SDK insists on.
  if (open && entries.size === 0) return () => LOCAL
  const principalWith = (credential: string): Principal | null => {
    if (credential === '') return null
    const digest = hash('sha256', credential, 'buffer')
    // The map finds by a hash that a guesser cannot steer; the comparison then takes the same time for any bytes.
    const entry = entries.get(digest.toString('hex'))
    return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry.principal : null
  }
  return (headers) => {
    // In the order in which they count. Claude Code sends the first two when a vendor's key is in the environment beside
    // the gateway's token: the one that is a key here lets it in.
    const principal =
      principalWith(headers['x-api-key']?.trim() ?? '') ??
      principalWith(bearerOf(headers['authorization'] ?? '')) ??
      principalWith(headers['x-goog-api-key']?.trim() ?? '')
    if (principal === null) throw unauthorized()
    return principal
  }
}

/** Stable over restarts and other changes of the config; another for a key that was replaced under its old name. */
export function principalOf(key: KeySettings): Principal {
  const digest = createHash('sha256').update(`${key.name}\0${key.hash.toLowerCase()}`).digest('base64url')
  return { tenant: `key_${digest.slice(0, 22)}`, keyName: key.name }
}

function unauthorized(): GatewayError {
  const message = 'A valid API key is required: send it as "Authorization: Bearer <key>" or "x-api-key: <key>".'
  return new GatewayError('unauthorized', message, { shouldRetry: false })
}

function bearerOf(authorization: string): string {
  if (authorization === '') return ''
  const field = authorization.trim()
  const scheme = field.slice(0, 6).toLowerCase()
  return scheme === 'bearer' && /^\s/.test(field.slice(6)) ? field.slice(6).trim() : ''
}
