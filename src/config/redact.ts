import { targetOf } from '../alerts/destination.ts'
import type { Destination } from '../alerts/destination.ts'
import type { IssuerTrust } from '../admission/jwt.ts'
import { maskKey } from '../admission/keys.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import type { Config, TlsConfig } from './config.ts'

/** The config in use, for displays: no key, no hash, no header value; a map of models as an object. */
export function redactConfig(config: Config) {
  return {
    ...config,
    server: {
      ...config.server,
      tls: redactTls(config.server.tls),
      secret: config.server.secret === null ? null : '…',
    },
    keys: config.keys.map(redactKey),
    auth: {
      ...config.auth,
      issuers: config.auth.issuers.map((issuer) => ({ ...issuer, trust: redactTrust(issuer.trust) })),
      adminToken: config.auth.adminToken === null ? null : NO_HASH,
    },
    providers: config.providers.map((provider) => ({
      ...provider,
      baseUrl: provider.baseUrl === null ? null : withoutLogin(provider.baseUrl),
      apiKey: provider.apiKey === null ? null : maskKey(provider.apiKey),
      headers: Object.fromEntries(Object.keys(provider.headers).map((name) => [name, '…'])),
    })),
    redis: { url: withoutLogin(config.redis.url) },
    alerts: { ...config.alerts, destinations: config.alerts.destinations.map(redactDestination) },
    sessions: { ...config.sessions, redis: { url: withoutLogin(config.sessions.redis.url) } },
    routing: {
      ...config.routing,
      models: config.routing.models === null ? null : Object.fromEntries(config.routing.models),
    },
  }
}

const NO_HASH = 'sha256:…'

function redactKey({ name, owner, models, routes, rateLimit, claudeTools, expiresAt, disabled, metadata }: VirtualKey) {
  return { name, hash: NO_HASH, owner, models, routes, rateLimit, claudeTools, expiresAt, disabled, metadata }
}

/** Of a URL the path may be a secret too. */
function redactDestination(destination: Destination): object {
  return { type: destination.type, ...(destination.type !== 'log' && { url: `${targetOf(destination)}/…` }) }
}

function redactTls(tls: TlsConfig | null): object | null {
  if (tls === null) return null
  return { ...tls, key: '…', passphrase: tls.passphrase === null ? null : '…' }
}

function redactTrust(trust: IssuerTrust): object {
  return trust.kind === 'secret' ? { ...trust, secret: '…' } : trust
}

/** A disabled provider's URL is not checked, and so may hold a password; that of a database is meant to. */
function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1…@').replace(/[?#].*$/s, '?…')
}
