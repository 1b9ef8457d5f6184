import type { Headers } from '../lib/headers.ts'
import type { Provider } from '../providers/provider.ts'
import type { Exchange } from './exchange.ts'

/**
 * The header fields of an upstream request, credential left out. Only names that the vendor's protocol or its definition
 * list come from the client; nothing is forwarded by default.
 */
export function upstreamHeaders(
  exchange: Exchange,
  provider: Provider,
  /** What of the client's fields the upstream's protocol takes; empty when the client speaks another one. */
  forwarded: readonly string[],
  fromPlan: Readonly<Record<string, string>>,
  stream: boolean,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...provider.definition.headers,
    ...selectHeaders(exchange.request.headers, [
      ...forwarded,
      ...provider.definition.forwardHeaders.map((prefix) => `${prefix}*`),
    ]),
  }
  mergeHeaders(headers, fromPlan)
  return {
    ...headers,
    ...provider.headers,
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    // Compressed events arrive in clumps, and a JSON answer is read here anyway.
    'accept-encoding': 'identity',
  }
}

/** Adds header fields; those that are lists (`anthropic-beta`) are joined without repeating a member. */
export function mergeHeaders(into: Record<string, string>, extra: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(extra)) {
    const present = into[name]
    if (present === undefined || !name.endsWith('-beta')) into[name] = value
    else into[name] = [...new Set([...present.split(','), ...value.split(',')].map((item) => item.trim()))].join(',')
  }
}

function selectHeaders(headers: Headers, wanted: readonly string[]): Record<string, string> {
  const selected: Record<string, string> = {}
  const add = (name: string): void => {
    const value = headers[name]
    if (value !== undefined) selected[name] = value
  }
  for (const pattern of wanted) {
    if (!pattern.endsWith('*')) add(pattern)
    else for (const name of Object.keys(headers)) if (name.startsWith(pattern.slice(0, -1))) add(name)
  }
  return selected
}
