import type { ReasoningPart, Seal } from '../../canonical/content.ts'
import { stableId } from '../../lib/stable-id.ts'
import type { ReplyContext } from '../protocol.ts'
import { redactedThinkingBlock, thinkingBlock } from './encode-content.ts'
import type { BlockTarget } from './encode-content.ts'
import { PROTOCOL } from './wire.ts'

/** What Anthropic itself takes back: the client may send this conversation there. */
const VALID_ID = /^[A-Za-z0-9_-]{1,64}$/
/** Reasoning that no vendor signed: nobody but its own maker may ever be shown it, and that is unknown. */
const NO_SEAL: Seal = { kind: 'signature', value: '', origin: null }

/** A tool call's id as clients of this protocol take it: the vendor's where valid, else one that follows from it. */
export function clientToolId(id: string): string {
  return VALID_ID.test(id) ? id : `toolu_${stableId(24, id)}`
}

/**
 * What stands in `signature` or `data`. Anthropic's own goes out raw: the next request may then pass through untouched, and
 * a client that leaves the gateway keeps its conversation. Everyone else's is put into a carrier, the missing one too:
 * Anthropic must never be shown reasoning that it did not sign.
 */
export function sealValue(seal: Seal | null, ordinal: number, { sealer }: ReplyContext): string {
  const origin = seal?.origin ?? null
  if (seal !== null && origin?.protocol === PROTOCOL && origin.provider === 'anthropic') return seal.value
  return sealer.close(seal ?? NO_SEAL, ordinal)
}

/** Blocks of a whole answer. `ordinal` is that of the part, as in the stream. */
export function answerTarget(ordinal: number, context: ReplyContext): BlockTarget {
  return {
    toolId: clientToolId,
    toolName: (name) => name,
    reasoning: (part: ReasoningPart) => {
      const value = sealValue(part.seal, ordinal, context)
      return part.seal?.kind === 'redacted' ? redactedThinkingBlock(part, value) : thinkingBlock(part, value)
    },
    losses: context.losses,
  }
}
