import type { Part } from '../canonical/content.ts'
import { GatewayError } from '../lib/error.ts'
import { JsonScanError, scanJsonBytes, stringToJson } from '../lib/json.ts'
import type { JsonNode, JsonText } from '../lib/json.ts'
import type { SessionDetails } from '../sessions/session.ts'

/** Bytes. */
const MOST_METADATA = 16 * 1024

/** A body as its bytes stand there. Throws GatewayError where it is no JSON object. */
export function scannedBody(body: Buffer): JsonNode {
  let root: JsonNode
  try {
    root = scanJsonBytes(body)
    root.index()
  } catch (thrown) {
    if (thrown instanceof JsonScanError)
      throw new GatewayError('invalid_json', `The body is not JSON: ${thrown.message}.`)
    throw thrown
  }
  if (root.kind !== 'object') throw invalid('body', 'must be an object')
  return root
}

/** What was checked already. */
interface Said {
  readonly model?: string
  readonly title?: string | null
  readonly max_turns?: number | null
  readonly metadata?: object | null
}

type Given<T> = { -readonly [K in keyof T]?: T[K] }

/** What the body says; nothing of what it does not mention. Its metadata is kept as it was written. */
export function detailsOf(
  { model, title, max_turns: turns, metadata }: Said,
  body: Buffer,
): Given<Pick<SessionDetails, 'model' | 'title' | 'maxTurns' | 'metadata'>> {
  const details: ReturnType<typeof detailsOf> = {}
  if (model !== undefined) details.model = model
  if (title !== undefined) details.title = title
  if (turns !== undefined) details.maxTurns = turns
  if (metadata !== undefined) details.metadata = metadata === null ? null : metadataIn(body)
  return details
}

function metadataIn(body: Buffer): JsonText {
  const node = scannedBody(body).get('metadata')
  if (node?.kind !== 'object' || node.end - node.start > MOST_METADATA) {
    throw invalid('metadata', `must be an object of at most ${MOST_METADATA} bytes`)
  }
  return node.raw
}

/** Null: it says nothing. */
export function instructionsOf(said: string | null | undefined): readonly Part[] | null {
  if (said === undefined) return null
  if (said === null || said === '') return []
  return [{ kind: 'text', text: stringToJson(said), refusal: false, citations: null, cache: null, ext: null }]
}

export function invalid(param: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${why}.`, { param })
}
