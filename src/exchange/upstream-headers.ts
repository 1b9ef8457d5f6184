import type { Headers } from '../lib/headers.ts'
import type { Provider } from '../providers/provider.ts'

/**
 * The header fields of an upstream request, credential left out. Only names that the vendor's protocol or its definition
 * list come from the client; nothing is forwarded by default.
 */
export function upstreamHeaders(
  client: Headers,
  provider: Provider,
  /** What of the client's fields the upstream's protocol takes; empty when the client speaks another one. */
  forwarded: readonly string[],
  fromPlan: Readonly<Record<string, string>>,
  stream: boolean,
): Record<string, string> {
  const { definition } = provider
  const headers: Record<string, string> = { ...definition.headers }
  for (const pattern of forwarded) {
    if (pattern.endsWith('*')) addPrefixed(headers, client, pattern.slice(0, -1))
    else addNamed(headers, client, pattern)
  }
  for (const prefix of definition.forwardHeaders) addPrefixed(headers, client, prefix)
  mergeHeaders(headers, fromPlan)
  Object.assign(headers, provider.headers)
  headers['content-type'] = 'application/json'
  headers['accept'] = stream ? 'text/event-stream' : 'application/json'
  // Compressed events arrive in clumps, and a JSON answer is read here anyway.
  headers['accept-encoding'] = 'identity'
  return headers
}

/** Adds header fields; those that are lists (`anthropic-beta`) are joined without repeating a member. */
export function mergeHeaders(into: Record<string, string>, extra: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(extra)) {
    const present = into[name]
    if (present === undefined || !name.endsWith('-beta')) into[name] = value
    else into[name] = [...new Set([...present.split(','), ...value.split(',')].map((item) => item.trim()))].join(',')
  }
}

function addNamed(into: Record<string, string>, client: Headers, name: string): void {
  const value = client[name]
  if (value !== undefined) into[name] = value
}

function addPrefixed(into: Record<string, string>, client: Headers, prefix: string): void {
  for (const name of Object.keys(client)) if (name.startsWith(prefix)) addNamed(into, client, name)
}
