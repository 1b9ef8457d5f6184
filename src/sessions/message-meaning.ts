import type { Message } from '../canonical/request.ts'
import { decodeJsonString } from '../lib/json.ts'

/**
 * What both sides know of a message, however it was cut into parts on its way: who speaks, the words, calls and results.
 * Reasoning is left out, which clients of Chat never see again.
 */
export function meaningOf({ role, parts }: Pick<Message, 'role' | 'parts'>): string {
  let words = ''
  const facts: string[] = []
  for (const part of parts) {
    if (part.kind === 'text') words += decodeJsonString(part.text)
    else if (part.kind === 'tool-call') facts.push(`call ${part.id}`)
    else if (part.kind === 'tool-result') facts.push(`result ${part.callId}`)
    else if (part.kind === 'media') facts.push(part.media)
  }
  return JSON.stringify([role, words, facts])
}
