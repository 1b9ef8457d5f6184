import type { ReasoningPart, Seal, SealOrigin } from '../../canonical/content.ts'
import { decodeJsonString, jsonArray, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { DecodeContext } from '../protocol.ts'
import { ownExt } from './ext.ts'
import type { FieldReader } from './ext.ts'
import { PLAIN_FIELDS, detailSeal, readReasoning } from './reasoning-details.ts'
import type { ReasoningPiece } from './reasoning-details.ts'

/** A Chat client brings reasoning back without saying which vendor it came from. */
const UNKNOWN_ORIGIN: SealOrigin = { provider: '', protocol: 'openai-chat', model: '' }

/** The seal of a detail that a client brings back bare; null for plain text. */
export function bareSeal(piece: ReasoningPiece): Seal | null {
  return piece.detail === null ? null : detailSeal(piece.detail, UNKNOWN_ORIGIN)
}

/** True for what a Chat client brought back without a carrier. It is the client who says that the vendor knows it. */
export function isBare(seal: Seal | null): boolean {
  return seal === null || (seal.origin?.protocol === 'openai-chat' && seal.origin.provider === '')
}

/** The reasoning of an assistant message, carriers opened. Takes its fields from `fields`. */
export function readReasoningHistory(
  message: JsonNode,
  fields: FieldReader,
  context: DecodeContext,
): readonly ReasoningPart[] {
  const details = message.get('reasoning_details')
  if (details?.kind === 'array' && details.items.length === 0) fields.hush('reasoning_details')
  else fields.takeKind('reasoning_details', 'array')
  for (const field of PLAIN_FIELDS) fields.takeKind(field, 'string')
  const { pieces, repeated } = readReasoning(message)
  if (repeated.length > 0) {
    fields.hint('repeated', jsonArray(repeated.map(({ field, of }) => toJsonText({ field, of }))))
  }
  return pieces.map((piece) => reasoningPart(piece, context))
}

function reasoningPart(piece: ReasoningPiece, context: DecodeContext): ReasoningPart {
  const hints = new Map<string, JsonText>()
  if (piece.field !== null) hints.set('$field', toJsonText(piece.field))
  return { kind: 'reasoning', text: piece.text, seal: openSeal(piece, context), cache: null, ext: ownExt(hints) }
}

function openSeal(piece: ReasoningPiece, context: DecodeContext): Seal | null {
  for (const name of ['signature', 'data']) {
    const value = piece.detail?.get(name)
    if (value === undefined || !value.startsWith('"')) continue
    const opened = context.sealer.open(decodeJsonString(value))
    if (opened === 'foreign') continue
    if (opened !== 'invalid') return opened.seal
    context.losses.drop('messages.reasoning_details', 'a carrier that this gateway did not make for this client')
    return null
  }
  return bareSeal(piece)
}
