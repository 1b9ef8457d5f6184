import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { isLoopback, normalizeHost, parseAuthority } from './address.ts'

/**
 * Who may speak to the gateway from a browser. Any web page can make its visitor's browser send requests to a local
 * port, and can point its own name at 127.0.0.1 to read the answers too (DNS rebinding). The Host check stops the
 * second, the Origin check the first.
 */
export interface AccessSettings {
  readonly hosts: HostRules
  /** Origins of other web pages that may call, in lower case. */
  readonly origins: ReadonlySet<string>
}

interface HostRules {
  readonly any: boolean
  readonly names: ReadonlySet<string>
  /** `.example.com` for `*.example.com`. */
  readonly suffixes: readonly string[]
}

export interface AccessOptions {
  /** As configured: names without scheme, `*.example.com`, `*`. */
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /**
   * What the gateway listens on: the configured host, and for `0.0.0.0` or `::` the addresses of the machine. Behind a
   * port forward (a container) clients use other names: those belong into `allowedHosts`.
   */
  readonly boundHosts: readonly string[]
}

export function createAccessSettings({ allowedHosts, allowedOrigins, boundHosts }: AccessOptions): AccessSettings {
  const names = [...allowedHosts, ...boundHosts].map(normalizeHost)
  const hosts = {
    any: allowedHosts.includes('*'),
    names: new Set(names.filter((name) => !name.startsWith('*'))),
    suffixes: names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
  }
  return { hosts, origins: new Set(allowedOrigins.map((origin) => origin.toLowerCase())) }
}

/** Throws GatewayError `host_not_allowed` unless the Host header names this gateway. The port does not matter. */
export function checkHost(headers: Headers, settings: AccessSettings): void {
  const host = parseAuthority(headers['host'] ?? '')?.host
  if (host !== undefined && isKnownHost(host, settings.hosts)) return
  throw new GatewayError(
    'host_not_allowed',
    'The Host header names no host of this gateway. Its operator can add the name to "server.allowedHosts".',
    { shouldRetry: false },
  )
}

function isKnownHost(host: string, rules: HostRules): boolean {
  // Loopback names on other addresses too: a wildcard address is also reached as localhost, and there requests need a key.
  if (rules.any || rules.names.has(host) || isLoopback(host)) return true
  return rules.suffixes.some((suffix) => host.endsWith(suffix) && host.length > suffix.length)
}

/**
 * Throws GatewayError `origin_not_allowed` for requests that a browser makes for a web page of another origin, unless it
 * is configured. Programs that are no browsers send neither header and pass. Call it after `checkHost`: a page is the
 * gateway's own when its origin equals the Host.
 */
export function checkOrigin(method: string, headers: Headers, settings: AccessSettings): void {
  const origin = headers['origin']
  if (origin !== undefined) {
    if (settings.origins.has(origin.toLowerCase()) || isOwnOrigin(origin, headers['host'] ?? '')) return
    throw originNotAllowed()
  }
  // Without Origin: images, scripts, links and forms of other pages, which old browsers do not mark at all.
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'none' || site === 'same-origin') return
  if (isPageVisit(method, headers)) return
  throw originNotAllowed()
}

/** A link that somebody followed: its answer is shown to them, and no other page can read it. */
function isPageVisit(method: string, headers: Headers): boolean {
  const readOnly = method === 'GET' || method === 'HEAD'
  return readOnly && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

function isOwnOrigin(origin: string, host: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin)
  const from = parseAuthority(match?.[1] ?? '')
  const to = parseAuthority(host)
  return from !== null && to !== null && from.host === to.host && from.port === to.port
}

function originNotAllowed(): GatewayError {
  return new GatewayError(
    'origin_not_allowed',
    'Web pages of this origin may not call this gateway. Its operator can add the origin to "server.allowedOrigins".',
    { shouldRetry: false },
  )
}

/** The header fields that let the browser hand the answer to the page: none unless its origin is configured. */
export function corsHeaders(headers: Headers, settings: AccessSettings): Readonly<Record<string, string>> {
  const origin = headers['origin']
  if (origin === undefined || !settings.origins.has(origin.toLowerCase())) return {}
  return { 'access-control-allow-origin': origin, vary: 'origin' }
}
