import type { Part } from '../canonical/content.ts'
import type { GatewayError } from '../lib/error.ts'
import { stringToJson } from '../lib/json.ts'
import type { JsonNode, JsonText } from '../lib/json.ts'
import { isSessionId } from '../sessions/session.ts'
import type { SessionDetails } from '../sessions/session.ts'
import { invalid } from './json-body.ts'

/** Characters. */
const MOST_TEXT = 1000
const MOST_TURNS = 100
/** Bytes. */
const MOST_METADATA = 16 * 1024

type Given<T> = { -readonly [K in keyof T]?: T[K] }

/** What the body says; nothing of what it does not mention. */
export function detailsOf(body: JsonNode): Given<Pick<SessionDetails, 'model' | 'title' | 'maxTurns' | 'metadata'>> {
  const details: ReturnType<typeof detailsOf> = {}
  const model = textOf(body, 'model')
  const title = textOf(body, 'title')
  const turns = body.get('max_turns')
  const metadata = body.get('metadata')
  if (model === null) throw invalid('model', 'must be a text')
  if (model !== undefined) details.model = model
  if (title !== undefined) details.title = title
  if (turns !== undefined) details.maxTurns = turnsOf(turns)
  if (metadata !== undefined) details.metadata = metadataOf(metadata)
  return details
}

/** Undefined: it says nothing. */
function textOf(body: JsonNode, name: string): string | null | undefined {
  const node = body.get(name)
  if (node === undefined || node.isNull) return node === undefined ? undefined : null
  const { string } = node
  if (string === undefined || string === '' || string.length > MOST_TEXT) {
    throw invalid(name, `must be a text of 1 to ${MOST_TEXT} characters`)
  }
  return string
}

function turnsOf(node: JsonNode): number | null {
  if (node.isNull) return null
  const turns = node.number ?? 0
  if (!Number.isSafeInteger(turns) || turns < 1 || turns > MOST_TURNS) {
    throw invalid('max_turns', `must be a whole number from 1 to ${MOST_TURNS}, or null for no limit`)
  }
  return turns
}

function metadataOf(node: JsonNode): JsonText | null {
  if (node.isNull) return null
  if (node.kind !== 'object' || node.end - node.start > MOST_METADATA) {
    throw invalid('metadata', `must be an object of at most ${MOST_METADATA} bytes`)
  }
  return node.raw
}

/** Null: it says nothing. */
export function instructionsOf(body: JsonNode): readonly Part[] | null {
  const node = body.get('system_prompt')
  if (node === undefined) return null
  if (node.isNull || node.string === '') return []
  if (node.string === undefined) throw invalid('system_prompt', 'must be a text')
  return [{ kind: 'text', text: stringToJson(node.string), refusal: false, citations: null, cache: null, ext: null }]
}

export function chosenId(body: JsonNode): string | null {
  const node = body.get('session_id')
  if (node === undefined || node.isNull) return null
  if (node.string === undefined || !isSessionId(node.string)) throw badId()
  return node.string
}

export function badId(): GatewayError {
  return invalid('session_id', 'must be 1 to 200 visible ASCII characters without spaces')
}
