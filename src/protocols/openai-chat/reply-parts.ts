import type { MediaPart, Seal } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { Finish } from '../../canonical/response.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  decodeJsonString,
  scanJson,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ReplyContext } from '../protocol.ts'
import { hint, isHint, loseExt, ownFields } from './ext.ts'
import { dataUrl } from './media.ts'
import { extraContentOf, writeDetail } from './reasoning-details.ts'

/** What the whole and the streamed answer to a Chat client have in common. */

export const NO_EQUIVALENT = 'no equivalent in OpenAI Chat'

/** The field for readable reasoning: the vendor's own where a Chat vendor answered, else the most common one. */
export function reasoningField(ext: Ext | null): string {
  const field = hint(ext, 'field')
  return field === null ? 'reasoning_content' : decodeJsonString(field)
}

/**
 * The `reasoning_details` entry that brings a seal back to us: a Chat vendor's own entry as it was, anyone else's in a
 * carrier. Null when there is nothing to bring back.
 */
export function reasoningDetail(
  seal: Seal | null,
  text: JsonText,
  ordinal: number,
  context: ReplyContext,
): JsonText | null {
  if (seal === null) return null
  if (seal.origin?.protocol === 'openai-chat') return extraContentOf(seal) === null ? writeDetail(seal, text) : null
  const carrier = toJsonText(context.sealer.close(seal, ordinal))
  const writer = new JsonObjectWriter()
  if (seal.kind === 'signature') {
    writer.add('type', toJsonText('reasoning.text')).add('text', text).add('signature', carrier)
  } else {
    writer.add('type', toJsonText('reasoning.encrypted')).add('data', carrier)
  }
  return writer.add('format', toJsonText('unknown')).add('index', toJsonText(ordinal)).text
}

/** An image as OpenRouter and its followers answer with one; null for what Chat cannot hold. */
export function replyImage(part: MediaPart): JsonText | null {
  const { source } = part
  if (part.media !== 'image' || source.type === 'file' || source.type === 'text') return null
  const url = source.type === 'url' ? source.url : dataUrl(source.mediaType, source.data)
  const image = new JsonObjectWriter().add('url', url)
  return new JsonObjectWriter().add('type', toJsonText('image_url')).add('image_url', image.text).text
}

/** Why the model refused, for an answer that does not say so itself; null where it did, or did not refuse. */
export function refusalText(
  finish: Finish,
  said: { readonly refusal: boolean; readonly anything: boolean },
): JsonText | null {
  if (finish.reason !== 'refusal' || said.refusal) return null
  const explanation = finish.details === null ? undefined : scanJson(finish.details).get('explanation')
  if (explanation?.kind === 'string' && explanation.raw !== EMPTY_JSON_STRING) return explanation.raw
  return said.anything ? null : toJsonText('The model declined to answer.')
}

/** Reports what another protocol's vendor said about a node of its answer; a Chat vendor's own is written back. */
export function loseReplyExt(ext: Ext | null, prefix: string, losses: LossSink): void {
  if (ownFields(ext) === null) loseExt(ext, prefix, losses)
}

/** Reports what is said about how the answer ended, of which a Chat client sees the explanation at most. */
export function loseDetails({ details }: Finish, losses: LossSink): void {
  if (details !== null) losses.substitute('stop_details', 'only an explanation is shown')
}

/** The client asked in the first form of tool calls, `functions`, and reads the answer in it. */
export function wantsLegacyCalls(context: ReplyContext): boolean {
  return hint(context.requestExt, 'legacy') !== null
}

/** Fields of a Chat vendor's answer, by where they stood. */
export interface OwnReplyFields {
  /** As `,"name":value` each. */
  readonly root: string
  readonly choice: string
  readonly message: string
  readonly logprobs: JsonText | null
  /** Of kinds that are no citations. */
  readonly annotations: readonly JsonText[]
}

export function ownReplyFields(ext: Ext | null): OwnReplyFields {
  let [root, choice, message] = ['', '', '']
  let logprobs: JsonText | null = null
  let annotations: readonly JsonText[] = []
  for (const [name, value] of ownFields(ext) ?? []) {
    if (isHint(name)) continue
    if (name === 'choices.logprobs') logprobs = value
    else if (name === 'choices.message.annotations') annotations = scanJson(value).items.map(({ raw }) => raw)
    else if (name.startsWith('choices.message.')) message += member(name.slice('choices.message.'.length), value)
    else if (name.startsWith('choices.')) choice += member(name.slice('choices.'.length), value)
    else root += member(name, value)
  }
  return { root, choice, message, logprobs, annotations }
}

function member(name: string, value: JsonText): string {
  return `,${toJsonText(name)}:${value}`
}

/** The gateway's own field, in the whole answer and in each chunk. */
export function sessionField(sessionId: string | undefined): string {
  return sessionId === undefined ? '' : `,"session_id":${stringToJson(sessionId)}`
}
