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

type Conversation = Pick<CanonicalRequest, 'instructions' | 'messages'>

/**
 * Names for the turns of one tenant. A turn with a tool call is named by the id that its vendor gave the call, so that a
 * client may shorten its history; any other by all that was said up to it, so that the same words in another conversation
 * are another turn.
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
  ofHistory({ instructions, messages }: Conversation): readonly NamedTurn[] {
    const said = new Said(instructions)
    let read = 0
    return messages.flatMap((message, position) => {
      if (!lacksReasoning(message)) return []
      const conversation = (): string => {
        for (; read <= position; read++) said.add(messages[read])
        return said.digest()
      }
      return [{ position, name: this.#nameOf(message.parts, conversation) }]
    })
  }

  /** Of the answer to this conversation. */
  ofAnswer({ instructions, messages }: Conversation, answer: readonly Part[]): string {
    return this.#nameOf(answer, () => {
      const said = new Said(instructions)
      for (const message of messages) said.add(message)
      said.add({ role: 'assistant', parts: answer })
      return said.digest()
    })
  }

  #nameOf(parts: readonly Part[], conversation: () => string): string {
    const call = parts.find((part) => part.kind === 'tool-call')
    const own = call?.kind === 'tool-call' && call.id.length >= SHORTEST_OWN_ID ? call : null
    const what = own === null ? ['turn', conversation()] : ['call', own.id, own.name]
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

  constructor(instructions: readonly Part[]) {
    this.add({ role: 'system', parts: instructions })
  }

  add(message: Pick<Message, 'role' | 'parts'> | undefined): void {
    if (message !== undefined) this.#hash.update(meaningOf(message))
  }

  digest(): string {
    return this.#hash.copy().digest('base64')
  }
}
