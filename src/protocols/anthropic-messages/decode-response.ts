import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../lib/error.ts'
import { scanJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { decodeAnswerBlock, unwrapOutput } from './answer-blocks.ts'
import { decodeStreamError } from './errors.ts'
import { ExtCollector } from './ext-collector.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'
import { readingAnswer } from './wire.ts'

const MESSAGE_FIELDS = new Set([
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'stop_details',
  'usage',
])

/** Reads a whole answer. */
export function decodeResponse(body: string, context: AnswerContext<'anthropic-messages'>): CanonicalResponse {
  return readingAnswer(() => decodeMessage(answerRoot(body), context))
}

/** The message in a 200 body. Throws the error that stands there instead, or `upstream_invalid_response`. */
export function answerRoot(body: string): JsonNode {
  const root = scanJson(body)
  const type = root.kind === 'object' ? root.get('type')?.string : undefined
  if (type === 'error') throw decodeStreamError(root.raw)
  if (type !== 'message' || root.get('content')?.kind !== 'array') {
    throw new GatewayError('upstream_invalid_response', "The upstream's answer is not a message.")
  }
  return root
}

function decodeMessage(root: JsonNode, context: AnswerContext<'anthropic-messages'>): CanonicalResponse {
  const blocks = (root.get('content')?.items ?? []).map((block, index) =>
    decodeAnswerBlock(block, `content.${index}`, context),
  )
  const calls = blocks.filter((part) => part.kind === 'tool-call')
  const isOutput = ({ name }: { readonly name: string }): boolean => name === context.outputTool
  const details = root.get('stop_details')
  const collector = new ExtCollector().rest(root, MESSAGE_FIELDS)
  if (details?.isNull === true) collector.hint('stop_details', details.raw)
  const usage = root.get('usage')
  return {
    id: root.get('id')?.string ?? null,
    model: root.get('model')?.string ?? null,
    parts: blocks.map((part) => unwrapOutput(part, context)),
    finish: decodeFinish(
      root.get('stop_reason')?.string ?? null,
      root.get('stop_sequence')?.string ?? null,
      details === undefined || details.isNull ? null : details.raw,
      { client: calls.some((call) => !isOutput(call)), output: calls.some(isOutput) },
    ),
    usage: usage?.kind === 'object' ? decodeUsage(usage) : null,
    ext: collector.root,
  }
}
