import type { Event } from '../canonical/event.ts'
import type { CanonicalResponse, Finish } from '../canonical/response.ts'
import { NO_USAGE } from '../canonical/usage.ts'
import type { ClientCodec, ReplyContext, WholeReply } from '../protocols/protocol.ts'

/** An answer that needs no vendor, in both forms. */
export interface UnaskedAnswer {
  whole(): WholeReply
  stream(): string
}

const FINISH: Finish = { reason: 'length', raw: null, stopSequence: null, details: null }
const NOTHING: CanonicalResponse = { id: null, model: null, parts: [], finish: FINISH, usage: NO_USAGE, ext: null }
const EVENTS: readonly Event[] = [
  { type: 'start', id: null, model: null, usage: NO_USAGE, ext: null },
  { type: 'usage', usage: NO_USAGE },
  { type: 'finish', finish: FINISH, ext: null },
]

/**
 * For a request that asks for no output, which warms a prompt cache where the vendor has such a thing. Where it has not there
 * is nothing to do, and nothing to pay.
 */
export function noOutput(client: ClientCodec, context: ReplyContext): UnaskedAnswer {
  return {
    whole: () => ({ body: client.encodeResponse(NOTHING, context), usage: NO_USAGE, finish: FINISH }),
    stream: () => {
      const encoder = client.streamEncoder(context)
      return EVENTS.map((event) => encoder.encode(event)).join('')
    },
  }
}
