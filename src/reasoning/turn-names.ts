import { createHash, createHmac } from 'node:crypto'
import type { Hash, KeyObject } from 'node:crypto'
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { meaningOf } from '../sessions/message-meaning.ts'

/** Vendors that draw ids by lot draw longer ones; a shorter one (`call_0`) is used again in the next conversation. */
const SHORTEST_OWN_ID = 16

/** A turn of the model's in a conversation, and the name of what is kept of it. */
export interface NamedTurn {
  /** Where it stands among the messages. */
  readonly position: number
  readonly name: string
}

type Conversation = Pick<CanonicalRequest, 'instructions' | 'messages' | 'reasoning'>

/** `id`: of its first call. `conversation`: all that was said up to it. */
interface TurnName {
  readonly name: string
  readonly by: 'id' | 'conversation'
}

/**
 * Names for the turns of one tenant. A turn with a tool call is named by the id that its vendor gave the call, so that a
 * client may shorten its history; any other by all that was said up to it, so that the same words in another conversation
 * are another turn. The latter have a name only where the client asks for reasoning: others need not pay for it.
 */
export class TurnNames {
  readonly #key: KeyObject
  readonly #tenant: string

  /** `key`: secret, so that names tell nothing. */
  constructor(key: KeyObject, tenant: string) {
    this.#key = key
    this.#tenant = tenant
  }

  /** Of the turns of the model's that did not come back with their reasoning. */
  ofHistory(conversation: Conversation): readonly NamedTurn[] {
    const said = new Said(conversation)
    let read = 0
    return conversation.messages.flatMap((message, position) => {
      if (!lacksReasoning(message)) return []
      const named = this.#nameOf(message.parts, conversation, () => {
        for (; read <= position; read++) said.add(conversation.messages[read])
        return said.digest()
      })
      return named === null ? [] : [{ position, name: named.name }]
    })
  }

  /** Of the answer to this conversation. */
  ofAnswer(conversation: Conversation, answer: readonly Part[]): TurnName | null {
    return this.#nameOf(answer, conversation, () => {
      const said = new Said(conversation)
      for (const message of conversation.messages) said.add(message)
      said.add({ role: 'assistant', parts: answer })
      return said.digest()
    })
  }

  #nameOf(parts: readonly Part[], { reasoning }: Conversation, said: () => string): TurnName | null {
    const call = parts.find((part) => part.kind === 'tool-call')
    if (call?.kind === 'tool-call' && call.id.length >= SHORTEST_OWN_ID) {
      return { name: this.#digest('call', call.id, call.name), by: 'id' }
    }
    return reasoning === null ? null : { name: this.#digest('turn', said()), by: 'conversation' }
  }

  #digest(...what: readonly string[]): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([this.#tenant, ...what]))
      .digest('base64url')
  }
}

function lacksReasoning({ role, parts }: Message): boolean {
  return role === 'assistant' && !parts.some((part) => part.kind === 'reasoning' && part.seal !== null)
}

/** All that was said in a conversation so far, as one digest. */
class Said {
  readonly #hash: Hash = createHash('sha256')

  constructor({ instructions }: Pick<Conversation, 'instructions'>) {
    this.add({ role: 'system', parts: instructions })
  }

  add(message: Pick<Message, 'role' | 'parts'> | undefined): void {
    if (message !== undefined) this.#hash.update(meaningOf(message))
  }

  digest(): string {
    return this.#hash.copy().digest('base64')
  }
}
