import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Protocol, ProtocolRoute } from '../protocols/protocol.ts'
import type { RouteDescription } from '../protocols/route-description.ts'
import type { Access, PlainRoute } from './plain-route.ts'

export type Params = Readonly<Record<string, string>>

export type Target =
  | { readonly kind: 'protocol'; readonly protocol: Protocol; readonly route: ProtocolRoute; readonly params: Params }
  | { readonly kind: 'plain'; readonly route: PlainRoute; readonly params: Params }

export type Match =
  | Target
  /** The methods that this path has, for `allow`. */
  | { readonly kind: 'other-method'; readonly allow: readonly string[] }
  /** What the user may have meant, as a sentence, or null. */
  | { readonly kind: 'unknown'; readonly hint: string | null }

/** A route as it is declared. */
export interface DeclaredRoute {
  readonly method: string
  readonly path: string
  readonly access: Access
  /** Null on a plain route. */
  readonly protocol: Protocol | null
  readonly describe?: (() => Promise<RouteDescription>) | undefined
}

interface Endpoint extends DeclaredRoute {
  readonly pattern: Pattern
  target(params: Params): Target
}

/** From method and path to whoever answers. Paths are compared as they are written, without decoding. */
export class ServerRouter {
  readonly #protocols: readonly Protocol[]
  readonly routes: DeclaredRoute[] = []
  /** Endpoints of paths without names in braces. */
  readonly #fixed = new Map<string, Endpoint[]>()
  readonly #patterned: Endpoint[] = []

  constructor(protocols: readonly Protocol[], plainRoutes: readonly PlainRoute[]) {
    this.#protocols = protocols
    for (const route of plainRoutes) {
      this.#add(route, route.access, null, (params) => ({ kind: 'plain', route, params }))
    }
    for (const protocol of protocols) {
      for (const route of protocol.routes) {
        this.#add(route, route.public ? 'public' : 'key', protocol, (params) => ({
          kind: 'protocol',
          protocol,
          route,
          params,
        }))
      }
    }
  }

  /** Throws GatewayError `invalid_request` where a name in the path is badly encoded. */
  find(method: string, path: string, headers: Headers): Match {
    const plainPath = withoutTrailingSlash(path)
    const endpoints = this.#endpointsOf(plainPath)
    if (endpoints.length === 0) return { kind: 'unknown', hint: this.#hint(plainPath) }
    const candidates = endpoints.filter((endpoint) => endpoint.method === method)
    if (candidates.length === 0 && method === 'HEAD') return this.find('GET', path, headers)
    const chosen = candidates.find(({ protocol }) => protocol?.claims(headers) ?? true) ?? candidates.at(-1)
    if (chosen === undefined) return { kind: 'other-method', allow: methodsOf(endpoints) }
    return chosen.target(chosen.pattern.params(plainPath))
  }

  /** The protocol whose client would understand an error best: by the path, then by what the headers claim. */
  protocolFor(path: string, headers: Headers): Protocol {
    const owners = this.#protocols.filter(({ routes }) =>
      routes.some((route) => path === route.path || path.startsWith(`${route.path}/`)),
    )
    const candidates = owners.length > 0 ? owners : this.#protocols
    const chosen = candidates.find((protocol) => protocol.claims(headers)) ?? candidates.at(-1)
    if (chosen === undefined) throw new Error('a server needs at least one protocol')
    return chosen
  }

  #add(
    { method, path, describe }: Pick<ProtocolRoute | PlainRoute, 'method' | 'path' | 'describe'>,
    access: Access,
    protocol: Protocol | null,
    target: (params: Params) => Target,
  ): void {
    const endpoint = { method, path, access, describe, pattern: new Pattern(path), protocol, target }
    this.routes.push(endpoint)
    if (!endpoint.pattern.fixed) {
      this.#patterned.push(endpoint)
      return
    }
    const present = this.#fixed.get(path)
    if (present === undefined) this.#fixed.set(path, [endpoint])
    else present.push(endpoint)
  }

  #endpointsOf(path: string): readonly Endpoint[] {
    return this.#fixed.get(path) ?? this.#patterned.filter(({ pattern }) => pattern.matches(path))
  }

  /** Nearly every unknown path comes from a base URL that has `/v1` where it should not, or the other way round. */
  #hint(path: string): string | null {
    if (path.startsWith('/v1/v1/')) return 'The path has /v1 twice: leave it out at the end of the base URL.'
    if (this.#endpointsOf(`/v1${path}`).length === 0) return null
    return `Did you mean /v1${path}? The base URL of this client has to end in /v1.`
  }
}

/** A route's path: `/v1/models/{id...}`. */
class Pattern {
  readonly fixed: boolean
  readonly #segments: readonly string[]

  constructor(path: string) {
    this.#segments = path.split('/')
    this.fixed = !path.includes('{')
  }

  matches(path: string): boolean {
    const segments = path.split('/')
    for (const [position, expected] of this.#segments.entries()) {
      const actual = segments[position]
      if (actual === undefined) return false
      if (expected.endsWith('...}')) return actual !== ''
      if (expected.startsWith('{') ? actual === '' : actual !== expected) return false
    }
    return segments.length === this.#segments.length
  }

  params(path: string): Params {
    if (this.fixed) return {}
    const segments = path.split('/')
    const params: Record<string, string> = {}
    for (const [position, name] of this.#segments.entries()) {
      if (!name.startsWith('{')) continue
      const rest = name.endsWith('...}')
      const value = segments.slice(position, rest ? undefined : position + 1).join('/')
      params[name.slice(1, rest ? -4 : -1)] = decodeName(value)
    }
    return params
  }
}

function decodeName(encoded: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(encoded)
  } catch {
    throw new GatewayError('invalid_request', 'The path is not valid percent-encoded UTF-8.')
  }
  if (/[\u0000-\u001f\u007f]/.test(decoded)) {
    throw new GatewayError('invalid_request', 'The path holds control characters.')
  }
  return decoded
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function methodsOf(endpoints: readonly Endpoint[]): string[] {
  const methods = new Set(endpoints.map(({ method }) => method))
  if (methods.has('GET')) methods.add('HEAD')
  return [...methods].toSorted()
}
