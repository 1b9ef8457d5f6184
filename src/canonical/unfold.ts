import { EMPTY_JSON_STRING, scanJson, stringToJson } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import type { Part } from './content.ts'
import type { Event } from './event.ts'
import type { CanonicalResponse } from './response.ts'

/**
 * The events that add up to this answer; null where it holds what events of a stream cannot bring (a seal, an opaque part).
 * Law: folding them gives the answer again.
 */
export function unfoldResponse({ id, model, parts, finish, usage, ext }: CanonicalResponse): readonly Event[] | null {
  const events: Event[] = [{ type: 'start', id, model, usage, ext }]
  for (const [index, part] of parts.entries()) {
    const pieces = unfoldPart(part, index)
    if (pieces === null) return null
    events.push(...pieces)
  }
  if (usage !== null) events.push({ type: 'usage', usage })
  events.push({ type: 'finish', finish, ext: null })
  return events
}

function unfoldPart(part: Part, index: number): readonly Event[] | null {
  switch (part.kind) {
    case 'text': {
      const { refusal, ext, text, citations } = part
      return [
        { type: 'part-start', index, part: { kind: 'text', refusal, ext } },
        ...textDelta(text, index),
        ...citationsOf(citations).map((citation): Event => ({ type: 'citation-delta', index, citation })),
        { type: 'part-end', index },
      ]
    }
    case 'reasoning':
      if (part.seal !== null) return null
      return [
        { type: 'part-start', index, part: { kind: 'reasoning', ext: part.ext } },
        ...textDelta(part.text, index),
        { type: 'part-end', index },
      ]
    case 'tool-call': {
      const { name, ext, input, invalid } = part
      return [
        { type: 'part-start', index, part: { kind: 'tool-call', id: part.id, name, ext } },
        { type: 'input-delta', index, json: invalid ? input : stringToJson(input) },
        { type: 'part-end', index },
      ]
    }
    case 'media':
    case 'opaque':
    case 'tool-result':
      return null
    default:
      return part satisfies never
  }
}

function textDelta(text: JsonText, index: number): readonly Event[] {
  return text === EMPTY_JSON_STRING ? [] : [{ type: 'text-delta', index, text }]
}

function citationsOf(citations: JsonText | null): readonly JsonText[] {
  return citations === null ? [] : scanJson(citations).items.map(({ raw }) => raw)
}
