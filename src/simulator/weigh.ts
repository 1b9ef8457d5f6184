import type { JsonValue } from '../lib/json.ts'

/** What an image or a document counts, whatever its size. */
const MEDIA_CHARACTERS = 6400

/** Characters that a value costs in a prompt: its names and texts. Encoded media count flat, sealed reasoning not at all. */
export function weigh(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.startsWith('data:') ? MEDIA_CHARACTERS : value.length
  if (typeof value === 'number' || typeof value === 'boolean') return 4
  if (value === null || value === undefined) return 0
  let characters = 0
  if (Array.isArray(value)) {
    for (const item of value) characters += weigh(item)
    return characters
  }
  for (const name in value) {
    if (name === 'signature') continue
    characters +=
      name === 'data' && typeof value[name] === 'string' ? MEDIA_CHARACTERS : name.length + weigh(value[name])
  }
  return characters
}
