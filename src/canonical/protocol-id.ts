/** The wire protocols that the canonical form can come from or go to. A new protocol adds its id here and a folder in `protocols/`. */
export const PROTOCOL_IDS = ['anthropic-messages', 'openai-chat'] as const

export type ProtocolId = (typeof PROTOCOL_IDS)[number]

export function isProtocolId(word: string): word is ProtocolId {
  return (PROTOCOL_IDS as readonly string[]).includes(word)
}
