import { EMPTY_JSON_STRING } from '../lib/json.ts'
import type { Event } from './event.ts'

/**
 * What somebody who reads an answer waits for: text, thinking, the name of a tool call, its arguments, media, and a part that
 * only its own protocol knows. No content is what opens a text or closes a part, an empty piece, a citation, a seal, which
 * only its vendor can read, or anything that nobody typed.
 */
export function isContentEvent(event: Event): boolean {
  switch (event.type) {
    case 'part-start':
      return event.part.kind !== 'text' && event.part.kind !== 'reasoning'
    case 'text-delta':
      return event.text !== EMPTY_JSON_STRING
    case 'input-delta':
      return event.json !== EMPTY_JSON_STRING
    case 'start':
    case 'seal-delta':
    case 'citation-delta':
    case 'opaque-delta':
    case 'part-end':
    case 'usage':
    case 'finish':
    case 'error':
    case 'opaque':
      return false
    default:
      return event satisfies never
  }
}
