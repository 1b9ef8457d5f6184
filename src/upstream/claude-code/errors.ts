import type { JsonObject } from './values.ts'
import { asList, asNumber, asObject, asText, objectsIn } from './values.ts'

/** A failure as Anthropic's API would report it. */
export interface Refusal {
  readonly status: number
  /** Of the error body: `rate_limit_error`. */
  readonly type: string
  readonly message: string
  /** Seconds, null where nobody knows. */
  readonly retryAfter: number | null
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
])

/** The program's own words for failures that never had a status. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['authentication_failed', 401],
  ['cloud_credential_error', 401],
  ['billing_error', 402],
  ['oauth_org_not_allowed', 403],
  ['account_on_hold', 403],
  ['verification_required', 403],
  ['model_not_found', 404],
  ['invalid_request', 400],
  ['rate_limit', 429],
  ['overloaded', 529],
])

export function refusal(status: number, message: string, retryAfter: number | null = null): Refusal {
  return { status, type: TYPES.get(status) ?? 'api_error', message, retryAfter }
}

/**
 * What a line of the program reports that ends a turn without an answer: the made-up `assistant` message that holds the
 * error's text, or the `result` behind it. Null where the line reports none. `now` in Unix milliseconds.
 */
export function refusalIn(line: JsonObject, now: number): Refusal | null {
  const isMessage = line['type'] === 'assistant' && line['is_api_error_message'] === true
  if (!isMessage && !(line['type'] === 'result' && line['is_error'] === true)) return null
  const status = asNumber(line['api_error_status']) ?? STATUSES.get(asText(line['error']) ?? '') ?? 502
  return {
    status,
    type: asText(line['api_error_type']) ?? TYPES.get(status) ?? 'api_error',
    message: plainMessage(isMessage ? textOf(line) : resultText(line)),
    retryAfter: secondsUntilReset(line, now),
  }
}

function textOf(line: JsonObject): string {
  return objectsIn(asObject(line['message'])?.['content'])
    .map((block) => asText(block['text']) ?? '')
    .join('')
}

function resultText(line: JsonObject): string {
  const errors = asList(line['errors']).flatMap((item) => asText(item) ?? [])
  return asText(line['result']) ?? errors.join('; ')
}

/** Without what the program puts before the vendor's words for its own users, or says in their place. */
function plainMessage(text: string): string {
  if (text.startsWith('Prompt is too long')) return tooLong(text)
  const plain = text.replace(/^(?:Failed to authenticate\. )?API Error: (?:\d{3} )?/, '')
  return plain === '' ? 'Claude Code failed without saying why.' : plain
}

/** As the vendor says it: clients know by these words that they have to say less. */
function tooLong(text: string): string {
  const [, tokens, limit] = /(\d+) tokens \(limit (\d+)\)/.exec(text) ?? []
  const numbers = tokens === undefined || limit === undefined ? '' : `: ${tokens} tokens > ${limit} maximum`
  return `prompt is too long${numbers}`
}

/** Subscriptions say when their limit ends. */
function secondsUntilReset(line: JsonObject, now: number): number | null {
  const info = asObject(asObject(line['api_error_params'])?.['rate_limit_info'])
  const reset = asNumber(info?.['resetsAt'])
  return reset === null ? null : Math.max(1, Math.ceil(reset - now / 1000))
}

/** Body of an error answer. */
export function errorBody({ type, message }: Refusal): string {
  return JSON.stringify({ type: 'error', error: { type, message } })
}
