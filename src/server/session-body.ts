import type { Part } from '../canonical/content.ts'
import { stringToJson } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import type { SessionDetails } from '../sessions/session.ts'
import { bodyOf, invalid } from './json-body.ts'

/** Bytes. */
const MOST_METADATA = 16 * 1024

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
  const node = bodyOf({ body }).get('metadata')
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
