/** A host and port as an address bar or a Host header has them: `localhost:3000`, `[::1]`, `10.0.0.1:80`. */
export interface Authority {
  /** Lower-case, without brackets and without the dot that may end a name. IPv6 in its shortest form. */
  readonly host: string
  readonly port: string | null
}

const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)\.?)(?::(\d{1,5}))?$/i

/** Null for anything that is not exactly one host with at most a port. */
export function parseAuthority(text: string): Authority | null {
  const match = AUTHORITY.exec(text)
  if (match === null) return null
  const host = match[1] === undefined ? (match[2] ?? '').toLowerCase() : shortestIPv6(match[1])
  return host === null ? null : { host, port: match[3] ?? null }
}

/** A host name or address as configs and sockets write it, `::1` and `[::1]`, in the form that `parseAuthority` gives. */
export function normalizeHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (bare.includes(':')) return shortestIPv6(bare) ?? bare.toLowerCase()
  return bare.toLowerCase().replace(/\.$/, '')
}

/**
 * Only what surely is this machine: `localhost`, 127.0.0.0/8, `::1`. Other spellings of the same addresses (`127.1`,
 * `0x7f000001`) count as names, which the resolver may send anywhere.
 */
export function isLoopback(host: string): boolean {
  const name = normalizeHost(host)
  return name === 'localhost' || name === '::1' || LOOPBACK_IPV4.test(name) || LOOPBACK_MAPPED.test(name)
}

const LOOPBACK_IPV4 = /^127(?:\.(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/

/** `::ffff:127.0.0.1` in its shortest form, `::ffff:7f00:1`. */
const LOOPBACK_MAPPED = /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/

function shortestIPv6(text: string): string | null {
  const url = `http://[${text}]/`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : null
}
