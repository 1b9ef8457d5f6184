import type { Problem, Vendor } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { chatProblems } from './check.ts'
import { writeModel, writeModelList } from './models.ts'
import { readChatRequest } from './read.ts'
import { GARBAGE, PING, writeStream, writeWhole } from './write.ts'

interface ErrorName {
  readonly type: string
  readonly code: string | null
}

/** https://platform.openai.com/docs/guides/error-codes */
const ERROR_NAMES: Readonly<Record<number, ErrorName>> = {
  400: { type: 'invalid_request_error', code: null },
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  404: { type: 'invalid_request_error', code: null },
  409: { type: 'conflict_error', code: null },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
  503: { type: 'service_unavailable_error', code: null },
}

/** What every answer says of the account, so that a gateway that shares it has something to hold back. */
const ACCOUNT_HEADERS = {
  'openai-organization': 'org-simulator',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
}

/** OpenAI's Chat Completions API. */
export const openaiVendor: Vendor = {
  id: 'openai',
  ping: PING,
  garbage: GARBAGE,
  problems: chatProblems,
  read: readChatRequest,
  promptDigest: () => null,
  promptTooLong: (tokens, limit) =>
    invalid(
      `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. ` +
        'Please reduce the length of the messages.',
      'messages',
      'context_length_exceeded',
    ),
  answerTooLong: (tokens, { maxOutputTokens }) =>
    invalid(
      `max_tokens is too large: ${tokens}. This model supports at most ${maxOutputTokens} completion tokens.`,
      'max_tokens',
      'invalid_value',
    ),
  whole: writeWhole,
  stream: writeStream,
  error: writeError,
  errorEvent: (problem) => `data: ${writeError(problem)}\n\n`,
  headers: (requestId) => ({ 'x-request-id': requestId, ...ACCOUNT_HEADERS }),
  models: writeModelList,
  model: writeModel,
}

function writeError(problem: Problem): string {
  const fallback = problem.status < 500 ? 'invalid_request_error' : 'server_error'
  const name = ERROR_NAMES[problem.status] ?? { type: fallback, code: null }
  const code = problem.code ?? (problem.type === undefined ? name.code : null)
  const type = problem.type ?? name.type
  return JSON.stringify({ error: { message: problem.message, type, param: problem.param ?? null, code } })
}
