import type { JsonText } from '../lib/json.ts'
import { decodeJsonString, stringToJson } from '../lib/json.ts'

/** What the simulator's models take for a token. */
const CHARACTERS_PER_TOKEN = 4

export function tokensIn(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

/** The text cut into tokens, each a JSON string literal that a frame takes as it is. No cut falls inside a surrogate pair. */
export function splitText(text: string): readonly JsonText[] {
  const pieces: JsonText[] = []
  let start = 0
  while (start < text.length) {
    let end = start + CHARACTERS_PER_TOKEN
    const last = text.charCodeAt(end - 1)
    if (last >= 0xd800 && last <= 0xdbff) end++
    pieces.push(stringToJson(text.slice(start, end)))
    start = end
  }
  return pieces
}

/** The text that the pieces stand for. */
export function textOfPieces(pieces: readonly JsonText[]): string {
  let text = ''
  for (const piece of pieces) text += decodeJsonString(piece)
  return text
}

/** The text that the pieces stand for, as one literal. */
export function joinPieces(pieces: readonly JsonText[]): JsonText {
  return stringToJson(textOfPieces(pieces))
}

const OPENING = stringToJson('Then')

/** Every word has three characters, so with its space it is one token, and a text of N tokens also measures N tokens. */
const STORY: readonly JsonText[] = (
  'the sun was up. The sea ran out far and the old men sat by. Now one man got his net and his cap and let go. ' +
  'All day the fog lay low and the men who sat did not see him go. But the sea let him in. One big red cod bit ' +
  'and the old man ate it. And'
)
  .split(' ')
  .map((word) => stringToJson(` ${word}`))

/** A text of exactly `tokens` tokens, always the same. Its literals are made once, so it costs no encoding. */
export function sampleText(tokens: number): readonly JsonText[] {
  const pieces: JsonText[] = []
  for (let index = 0; index < tokens; index++) {
    pieces.push(index === 0 ? OPENING : (STORY[(index - 1) % STORY.length] ?? OPENING))
  }
  return pieces
}
