import { GatewayError } from '../../lib/error.ts'
import { withString } from '../../lib/json-member.ts'
import { scanJsonBytes } from '../../lib/json.ts'
import type { Passthrough, PassthroughContext, WholeReply } from '../protocol.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { readFinish } from './finish.ts'
import { edits } from './passthrough-edits.ts'
import { ChatPassthrough } from './passthrough-stream.ts'
import { findUsage, readUsage } from './usage.ts'

/** The byte path between a client and a vendor that both speak this protocol. */
export const passthrough: Passthrough = {
  edits,
  requestHeaders: ['openai-beta'],
  stream: (context) => new ChatPassthrough(context),
  whole,
}

function whole(body: Buffer, context: PassthroughContext): WholeReply {
  try {
    return readWhole(body, context)
  } catch (thrown) {
    throw answerError(thrown)
  }
}

function readWhole(body: Buffer, { requestedModel }: PassthroughContext): WholeReply {
  const root = scanJsonBytes(body)
  const error = root.get('error')
  if (error !== undefined && !error.isNull) throw errorInAnswer(root)
  const choice = root.get('choices')?.items[0]
  const message = choice?.get('message')
  const finish = readFinish(choice?.get('finish_reason')?.string ?? null, {
    toolCalls: (message?.get('tool_calls')?.items.length ?? 0) > 0,
    refused: false,
    stopSequence: null,
    complete: true,
  })
  if (finish instanceof GatewayError) throw finish
  if (message?.kind !== 'object') {
    throw new GatewayError('upstream_invalid_response', "The upstream's answer holds no message.")
  }
  const usage = findUsage(root)
  const model = root.get('model')
  return {
    body: model === undefined ? body : withString(body, model, requestedModel),
    usage: usage === null ? null : readUsage(usage, false),
    finish,
  }
}
