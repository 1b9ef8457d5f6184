import { isTokenByte } from './token-byte.ts'

/** Where in the extensions of a chunk a reader is: `;name`, `;name=value` or `;name="text"`, one after the other. */
export type ExtensionPlace = 'name-begin' | 'name' | 'value-begin' | 'value' | 'text' | 'escaped' | 'text-end'

const TAB = 9
const QUOTE = 34
const SEMICOLON = 59
const EQUALS = 61
const BACKSLASH = 92

/**
 * The place behind this byte; null where the byte cannot stand there. Strict, without blanks between the parts: who skips
 * what it does not understand sees no quotes, and finds the end of the line elsewhere.
 * https://www.rfc-editor.org/rfc/rfc9112#section-7.1.1
 */
export function behindExtensionByte(place: ExtensionPlace, byte: number): ExtensionPlace | null {
  if (byte === SEMICOLON && canEnd(place)) return 'name-begin'
  switch (place) {
    case 'name-begin':
      return isTokenByte(byte) ? 'name' : null
    case 'name':
      return byte === EQUALS ? 'value-begin' : isTokenByte(byte) ? 'name' : null
    case 'value-begin':
      return byte === QUOTE ? 'text' : isTokenByte(byte) ? 'value' : null
    case 'value':
      return isTokenByte(byte) ? 'value' : null
    case 'text':
      return byte === QUOTE ? 'text-end' : byte === BACKSLASH ? 'escaped' : isTextByte(byte) ? 'text' : null
    case 'escaped':
      return isTextByte(byte) ? 'text' : null
    case 'text-end':
      return null
    default:
      return place satisfies never
  }
}

/** The line may end here. */
export function canEnd(place: ExtensionPlace): boolean {
  return place === 'name' || place === 'value' || place === 'text-end'
}

function isTextByte(byte: number): boolean {
  return byte === TAB || (byte >= 32 && byte !== 127)
}
