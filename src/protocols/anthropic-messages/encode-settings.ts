import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, Sampling } from '../../canonical/request.ts'
import { sha256 } from '../../lib/hash.ts'
import { jsonArray, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { UpstreamRequestContext } from '../protocol.ts'
import type { EncodedReasoning } from './encode-reasoning.ts'
import { isOwn } from './ext-collector.ts'
import { literal } from './wire.ts'

type Context = UpstreamRequestContext<'anthropic-messages'>

/** Where neither the client nor the catalog knows better. Every model can write as much. */
const DEFAULT_MAX_TOKENS = 8192

export function encodeMaxTokens(request: CanonicalRequest, { capabilities, losses }: Context): number {
  const limit = capabilities.maxOutputTokens
  const asked = request.maxOutputTokens
  if (asked === null) return limit ?? DEFAULT_MAX_TOKENS
  if (limit === null || asked <= limit) return asked
  losses.substitute('max_tokens', `this model writes at most ${limit} tokens`)
  return limit
}

type SentSampling = Pick<Sampling, 'temperature' | 'topP' | 'topK'>

/** `temperature`, `top_p` and `top_k` as far as the model takes them. Seed and penalties have no equivalent anywhere here. */
export function encodeSampling(
  { sampling, ext }: CanonicalRequest,
  { type }: EncodedReasoning,
  { capabilities, losses }: Context,
): SentSampling {
  reportAbsent(sampling, losses)
  const { temperature, topP, topK } = sampling
  if (!capabilities.sampling) {
    const why = 'this model takes no sampling parameters'
    return {
      temperature: dropped(temperature, 'temperature', why, losses),
      topP: dropped(topP, 'top_p', why, losses),
      topK: dropped(topK, 'top_k', why, losses),
    }
  }
  if (isOwn(ext)) return { temperature, topP, topK }
  if (type === 'enabled' || type === 'adaptive') return samplingWhileThinking(sampling, losses)
  return {
    temperature: clamped(temperature, losses),
    // Newer models refuse both, and `top_p: 1`, which many programs always send, says nothing.
    topP:
      topP === null || temperature === null
        ? topP
        : droppedUnlessOne(topP, 'top_p', 'sent without it, as temperature is given', losses),
    topK,
  }
}

/** The API refuses other values than these while the model thinks. */
function samplingWhileThinking({ temperature, topP, topK }: Sampling, losses: LossSink): SentSampling {
  const why = 'not while the model thinks'
  return {
    temperature: temperature === null ? null : droppedUnlessOne(temperature, 'temperature', why, losses),
    topP: topP === null ? null : droppedUnlessOne(topP, 'top_p', why, losses),
    topK: dropped(topK, 'top_k', why, losses),
  }
}

function reportAbsent({ presencePenalty, frequencyPenalty, seed }: Sampling, losses: LossSink): void {
  const why = 'no equivalent in Anthropic Messages'
  if (Number(presencePenalty ?? 0) !== 0) losses.drop('presence_penalty', why)
  if (Number(frequencyPenalty ?? 0) !== 0) losses.drop('frequency_penalty', why)
  if (seed !== null) losses.drop('seed', why)
}

function dropped(value: JsonText | null, field: string, why: string, losses: LossSink): null {
  if (value !== null) losses.drop(field, why)
  return null
}

/** 1 is the default, so leaving it out changes nothing. */
function droppedUnlessOne(value: JsonText, field: string, why: string, losses: LossSink): null {
  if (Number(value) !== 1) losses.drop(field, why)
  return null
}

/** Other vendors go up to 2, where Anthropic ends at 1. */
function clamped(temperature: JsonText | null, losses: LossSink): JsonText | null {
  if (temperature === null || Number(temperature) <= 1) return temperature
  losses.substitute('temperature', 'the highest is 1')
  return literal('1')
}

/** The API refuses sequences of white space only. */
export function encodeStop({ stop, ext }: CanonicalRequest, losses: LossSink): JsonText | null {
  const sequences = isOwn(ext) ? stop : stop.filter((sequence) => sequence.trim() !== '')
  if (sequences.length < stop.length) losses.drop('stop', 'blank stop sequences are not taken')
  return sequences.length === 0 ? null : jsonArray(sequences.map(stringToJson))
}

/** A name is not for third parties; a hash tells one user from another just as well. */
export function encodeUser({ user, ext }: CanonicalRequest, { dialect }: Context): JsonText | null {
  if (user === null) return null
  return stringToJson(isOwn(ext) && dialect.userId === 'keep' ? user : sha256(user))
}
