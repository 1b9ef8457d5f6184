import type { Headers } from '../../lib/headers.ts'
import type { JsonValue } from '../../lib/json.ts'
import { verify } from '../identity.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, numberOf, objectOf, textOf } from '../json-object.ts'
import type { Settings } from '../settings.ts'
import { nameOfModel } from '../settings.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'
import { checkMessages } from './check-messages.ts'
import { checkResponseFormat, checkTools } from './check-tools.ts'

/** What a request may carry. */
const FIELDS = words(
  'model messages stream stream_options max_tokens max_completion_tokens n stop seed temperature top_p',
  'frequency_penalty presence_penalty logit_bias logprobs top_logprobs tools tool_choice parallel_tool_calls functions',
  'function_call response_format modalities audio prediction reasoning_effort verbosity web_search_options store',
  'metadata user service_tier safety_identifier moderation prompt_cache_key prompt_cache_options',
  'prompt_cache_retention',
)

const MAX_STOP = 4

/** The rules of `POST /v1/chat/completions` that a wrong translation is likely to break, in the vendor's words. */
export function* chatProblems(body: JsonObject, _headers: Headers, settings: Settings): Generator<Problem> {
  if (textOf(body['model']) === null) yield invalid('you must provide a model parameter')
  if (settings.extra === 'deny') {
    for (const name in body) if (!FIELDS.has(name)) yield invalid(`Unrecognized request argument supplied: ${name}`)
  }
  yield* checkNumbers(body)
  yield* checkLimits(body)
  yield* checkStop(body['stop'])
  yield* checkChoices(body)
  yield* checkReasoningModel(body)
  yield* checkTools(body)
  yield* checkResponseFormat(body)
  yield* checkMessages(body, settings.extra === 'allow')
  yield* checkReasoningDetails(body)
}

const RANGES = {
  temperature: [0, 2],
  top_p: [0, 1],
  frequency_penalty: [-2, 2],
  presence_penalty: [-2, 2],
  n: [1, 128],
  top_logprobs: [0, 20],
  max_tokens: [1, Infinity],
  max_completion_tokens: [1, Infinity],
} as const

function* checkNumbers(body: JsonObject): Generator<Problem> {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = body[name]
    if (value === undefined || value === null) continue
    const number = numberOf(value)
    if (number === null) yield invalid(`Invalid type for '${name}': expected a number.`, name, 'invalid_type')
    else if (number < least || number > most) {
      const code = number < least ? 'decimal_below_min_value' : 'decimal_above_max_value'
      yield invalid(`Invalid '${name}': expected a value between ${least} and ${most}, but got ${number}.`, name, code)
    }
  }
}

function* checkLimits(body: JsonObject): Generator<Problem> {
  if (isGiven(body['max_tokens']) && isGiven(body['max_completion_tokens'])) {
    yield invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens')
  }
  if (isGiven(body['stream_options']) && body['stream'] !== true) {
    yield invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (isGiven(body['top_logprobs']) && body['logprobs'] !== true) {
    yield invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
  }
  if ((listOf(body['modalities']) ?? []).includes('audio')) {
    yield invalid('This model does not support audio output.', 'modalities', 'unsupported_value')
  }
}

function* checkStop(stop: JsonValue | undefined): Generator<Problem> {
  if (!isGiven(stop) || typeof stop === 'string') return
  const list = listOf(stop)
  if (list === null || list.some((item) => typeof item !== 'string')) {
    yield invalid("Invalid type for 'stop': expected a string or an array of strings.", 'stop', 'invalid_type')
  } else if (list.length > MAX_STOP) {
    const found = `but got an array with length ${list.length} instead.`
    const message = `Invalid 'stop': array too long. Expected an array with maximum length ${MAX_STOP}, ${found}`
    yield invalid(message, 'stop', 'array_above_max_length')
  }
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  reasoning_effort: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  verbosity: ['low', 'medium', 'high'],
  service_tier: ['auto', 'default', 'flex', 'scale', 'priority', 'fast'],
}

function* checkChoices(body: JsonObject): Generator<Problem> {
  for (const [name, values] of Object.entries(CHOICES)) {
    const value = body[name]
    if (!isGiven(value) || values.includes(textOf(value) ?? '')) continue
    const supported = values.map((word) => `'${word}'`).join(', ')
    yield invalid(`Invalid value: ${JSON.stringify(value)}. Supported values are: ${supported}.`, name, 'invalid_value')
  }
}

const REASONING_MODEL = /^(o\d|gpt-[5-9])(?!.*chat)/

/** What OpenAI's reasoning models refuse; names of no such model refuse nothing. */
function* checkReasoningModel(body: JsonObject): Generator<Problem> {
  if (!REASONING_MODEL.test(nameOfModel(textOf(body['model']) ?? ''))) return
  if (isGiven(body['max_tokens'])) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    yield invalid(message, 'max_tokens', 'unsupported_parameter')
  }
  for (const [name, standard] of [
    ['temperature', 1],
    ['top_p', 1],
    ['presence_penalty', 0],
    ['frequency_penalty', 0],
  ] as const) {
    const value = numberOf(body[name])
    if (value === null || value === standard) continue
    const message = `Unsupported value: '${name}' does not support ${value} with this model. Only the default (${standard}) value is supported.`
    yield invalid(message, name, 'unsupported_value')
  }
  if (isGiven(body['stop'])) {
    yield invalid("Unsupported parameter: 'stop' is not supported with this model.", 'stop', 'unsupported_parameter')
  }
}

/** Reasoning that comes back with a signature has to be what was given out (vendors that carry other vendors' models). */
function* checkReasoningDetails(body: JsonObject): Generator<Problem> {
  for (const [index, message] of (listOf(body['messages']) ?? []).map(objectOf).entries()) {
    for (const detail of (listOf(message?.['reasoning_details']) ?? []).map(objectOf)) {
      const signature = textOf(detail?.['signature'])
      const data = textOf(detail?.['data'])
      const text = textOf(detail?.['text']) ?? ''
      const isForeign =
        (signature !== null && verify(signature, { kind: 'thinking', text }, () => '') === 'foreign') ||
        (data !== null && verify(data, { kind: 'redacted-thinking', text: '' }, () => '') === 'foreign')
      if (isForeign) {
        yield invalid(
          `Invalid signature in 'messages[${index}].reasoning_details'.`,
          `messages[${index}].reasoning_details`,
        )
      }
    }
  }
}

function isGiven(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null
}
