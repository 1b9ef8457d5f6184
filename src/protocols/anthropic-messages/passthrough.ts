import { GatewayError } from '../../lib/error.ts'
import { withString } from '../../lib/json-member.ts'
import { scanJsonBytes } from '../../lib/json.ts'
import type { Passthrough, PassthroughContext, WholeReply } from '../protocol.ts'
import { decodeStreamError } from './errors.ts'
import { decodeFinish } from './finish.ts'
import { edits } from './passthrough-edits.ts'
import { MessagesPassthrough } from './passthrough-stream.ts'
import { decodeUsage } from './usage.ts'
import { readingAnswer } from './wire.ts'

/** The byte path between a client and a vendor that both speak this protocol. */
export const passthrough: Passthrough = {
  edits,
  requestHeaders: ['anthropic-version', 'anthropic-beta'],
  stream: (context) => new MessagesPassthrough(context),
  whole: (body, context) => readingAnswer(() => whole(body, context)),
}

function whole(body: Buffer, { requestedModel }: PassthroughContext): WholeReply {
  const root = scanJsonBytes(body)
  const type = root.kind === 'object' ? root.get('type')?.string : undefined
  if (type === 'error') throw decodeStreamError(root.raw)
  if (type !== 'message' || root.get('content')?.kind !== 'array') {
    throw new GatewayError('upstream_invalid_response', "The upstream's answer is not a message.")
  }
  const usage = root.get('usage')
  const details = root.get('stop_details')
  const model = root.get('model')
  return {
    body: model === undefined ? body : withString(body, model, requestedModel),
    usage: usage?.kind === 'object' ? decodeUsage(usage) : null,
    finish: decodeFinish(
      root.get('stop_reason')?.string ?? null,
      root.get('stop_sequence')?.string ?? null,
      details === undefined || details.isNull ? null : details.raw,
      { client: false, output: false },
    ),
  }
}
