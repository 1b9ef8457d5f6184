import type { ProtocolId } from '../canonical/protocol-id.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import type { Protocol } from './protocol.ts'

/** Every wire protocol, by its id. */
export const PROTOCOLS = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
} satisfies { readonly [P in ProtocolId]: Protocol<P> }

/** In the order in which they claim requests on shared paths; the last one gets what nobody claims. */
export const PROTOCOL_LIST: readonly Protocol[] = [anthropicMessages, openaiChat]
