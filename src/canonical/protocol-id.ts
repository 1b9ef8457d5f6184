/** The wire protocols that the canonical form can come from or go to. A new protocol adds its id here and a folder in `protocols/`. */
export type ProtocolId = 'anthropic-messages' | 'openai-chat'
