import { JsonScanError, scanJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'

/** Longest end that is cut off in search of one that can be completed: more than any number, name or escape has. */
const LONGEST_CUT = 200

/**
 * The object that a cut JSON text begins: open strings, arrays and objects are closed, a member that has no value yet is
 * left out. Null when the text is not the beginning of an object.
 */
export function completeJson(text: string): JsonText | null {
  const whole = text.trim()
  if (!whole.startsWith('{')) return null
  for (let end = whole.length; end > 0 && end >= whole.length - LONGEST_CUT; end--) {
    const candidate = asObject(closeAll(whole.slice(0, end)))
    if (candidate !== null) return candidate
  }
  return null
}

function asObject(text: string): JsonText | null {
  try {
    const node = scanJson(text)
    return node.kind === 'object' ? node.raw : null
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return null
    throw thrown
  }
}

/** The text with everything closed that is open in it; a comma at the end goes. */
function closeAll(text: string): string {
  const closers: string[] = []
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{') closers.push('}')
    else if (character === '[') closers.push(']')
    else if (character === '}' || character === ']') closers.pop()
  }
  const open = inString ? `${text}"` : text.trimEnd().replace(/,$/, '')
  return open + closers.toReversed().join('')
}
