import { GatewayError } from '../../lib/error.ts'
import { JsonScanError, scanJsonBytes } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { SseFrame } from '../../lib/sse.ts'

/** This protocol's id, as canonical nodes carry it. */
export const PROTOCOL = 'anthropic-messages'

/** How carriers of every version begin (`Sealer`). The vendor must never see one; other text that begins so is no harm. */
export const CARRIER_PREFIX = 'ucr'

/** The first system block of Claude Code. Its value changes between the requests of one session. */
export const BILLING_HEADER = 'x-anthropic-billing-header:'

/** Milliseconds. Behind the stop reason only the last event is missing, which no client needs. */
export const GRACE = 250

/** Marks text that was composed of literals as a literal. The caller vouches for it. */
export function literal(text: string): JsonText {
  return text as JsonText
}

export function numberLiteral(value: number): JsonText {
  return String(value) as JsonText
}

/** The request's JSON. Throws GatewayError `invalid_json`, or `invalid_request` when it is not an object. */
export function scanRequest(body: Buffer, maxDepth: number): JsonNode {
  const root = readingRequest(() => scanJsonBytes(body, { maxDepth }))
  if (root.kind !== 'object') throw new GatewayError('invalid_request', 'The request body must be a JSON object.')
  return root
}

/** Runs a step that reads scanned JSON of a client: two members of one name are the client's fault. */
export function readingRequest<T>(step: () => T): T {
  try {
    return step()
  } catch (thrown) {
    if (!(thrown instanceof JsonScanError)) throw thrown
    throw new GatewayError('invalid_json', `The request body is not acceptable JSON: ${thrown.message}.`, {
      cause: thrown,
    })
  }
}

/** Runs a step that reads scanned JSON of the vendor. Throws GatewayError `upstream_invalid_response`. */
export function readingAnswer<T>(step: () => T): T {
  try {
    return step()
  } catch (thrown) {
    const isOurs =
      thrown instanceof JsonScanError || (thrown instanceof GatewayError && thrown.code === 'invalid_request')
    if (!isOurs) throw thrown
    throw new GatewayError('upstream_invalid_response', `The upstream's answer cannot be read: ${thrown.message}`, {
      cause: thrown,
    })
  }
}

/** What an event is. Hosts of several protocols write an error of another one's in between: it has neither type nor name. */
export function eventName(root: JsonNode, { event }: Pick<SseFrame, 'event'>): string {
  const name = root.get('type')?.string ?? event
  return name === '' && root.get('error') !== undefined ? 'error' : name
}

/** `path` in Anthropic's own spelling: `messages.0.content.1.text`. */
export function invalidRequest(path: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${path}: ${problem}`, { param: path })
}

/** The literal of a member that must be a string. Throws `invalid_request`. */
export function requiredString(node: JsonNode, name: string, path: string): JsonText {
  const value = node.get(name)
  const at = path === '' ? name : `${path}.${name}`
  if (value === undefined) throw invalidRequest(at, 'is required')
  if (value.kind !== 'string') throw invalidRequest(at, 'must be a string')
  return value.raw
}
