import type { Part, TextPart } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { NO_USAGE } from '../../canonical/usage.ts'
import { EMPTY_JSON_STRING, jsonArray, replaceLoneSurrogates, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ReplyContext } from '../protocol.ts'
import { answerTarget } from './answer-target.ts'
import { encodeBlock } from './encode-content.ts'
import { isOwn } from './ext-collector.ts'
import { encodeFinish } from './finish.ts'
import { NodeWriter } from './node-writer.ts'
import { reportForeign } from './report-foreign.ts'
import { encodeUsage } from './usage.ts'

/** Writes a whole answer. The relay fills in usage where the vendor gave none. */
export function encodeResponse(response: CanonicalResponse, context: ReplyContext): string {
  const own = isOwn(response.ext)
  reportForeign(response.ext, '', context.losses)
  const content = response.parts
    .map((part, ordinal) => answerBlock(part, ordinal, own, context))
    .filter((block) => block !== null)
  const calledTool = response.parts.some(({ kind }) => kind === 'tool-call')
  const { stopReason, stopSequence, stopDetails } = encodeFinish(response.finish, own, calledTool)
  const message = new NodeWriter(response.ext)
    .add('id', stringToJson(`msg_${context.id}`))
    .add('type', stringToJson('message'))
    .add('role', stringToJson('assistant'))
    .add('model', stringToJson(context.model))
    .add('content', jsonArray(content))
    .add('stop_reason', stopReason)
    .add('stop_sequence', stopSequence)
    .add('stop_details', stopDetails)
    .add('usage', encodeUsage(response.usage ?? NO_USAGE, own))
    .finish()
  return replaceLoneSurrogates(message)
}

/** Null for what clients of this protocol cannot be shown, and for empty texts, which only other protocols need. */
function answerBlock(part: Part, ordinal: number, own: boolean, context: ReplyContext): JsonText | null {
  if (part.kind !== 'opaque') reportForeign(part.ext, 'content.', context.losses)
  if (part.kind === 'text') return part.text === EMPTY_JSON_STRING && !own ? null : textBlock(part)
  if (part.kind === 'media') {
    context.losses.drop(`content.${part.media}`, 'answers of this protocol hold no media')
    return null
  }
  return encodeBlock(part, answerTarget(ordinal, context))
}

/** Without `citations` where there are none: clients fail on a null. */
function textBlock(part: TextPart): JsonText {
  return new NodeWriter(part.ext)
    .add('type', stringToJson('text'))
    .add('text', part.text)
    .addShaped('citations', part.citations)
    .finish()
}
