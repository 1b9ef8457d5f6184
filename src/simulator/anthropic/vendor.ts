import { listOf } from '../json-object.ts'
import type { Problem, Vendor } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { promptDigest } from './check-thinking.ts'
import { messagesProblems } from './check.ts'
import { writeModel, writeModelPage } from './models.ts'
import { readMessagesRequest } from './read.ts'
import { GARBAGE, PING, writeStream, writeWhole } from './write.ts'

/** https://docs.claude.com/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  501: 'not_supported',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** What every answer says of the account, so that a gateway that shares it has something to hold back. */
const ACCOUNT_HEADERS = {
  'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
  'anthropic-ratelimit-requests-limit': '4000',
  'anthropic-ratelimit-requests-remaining': '3999',
  'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:00Z',
  'anthropic-ratelimit-tokens-limit': '2000000',
  'anthropic-ratelimit-tokens-remaining': '1999000',
  'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:00Z',
}

/** Anthropic's Messages API. */
export const anthropicVendor: Vendor = {
  id: 'anthropic',
  ping: PING,
  garbage: GARBAGE,
  problems: messagesProblems,
  read: readMessagesRequest,
  promptDigest: (body) => promptDigest(body, (listOf(body['messages']) ?? []).length),
  // Clients read the numbers out of this sentence, and shorten the conversation.
  promptTooLong: (tokens, limit) => invalid(`prompt is too long: ${tokens} tokens > ${limit} maximum`),
  answerTooLong: (tokens, { id, maxOutputTokens }) =>
    invalid(
      `max_tokens: ${tokens} > ${maxOutputTokens}, which is the maximum allowed number of output tokens for ${id}`,
    ),
  whole: writeWhole,
  stream: writeStream,
  error: writeError,
  errorEvent: (problem, requestId) => `event: error\ndata: ${writeError(problem, requestId)}\n\n`,
  headers: (requestId) => ({ 'request-id': requestId, ...ACCOUNT_HEADERS }),
  models: writeModelPage,
  model: writeModel,
}

function writeError(problem: Problem, requestId: string): string {
  const type =
    problem.type ?? ERROR_TYPES[problem.status] ?? (problem.status < 500 ? 'invalid_request_error' : 'api_error')
  const details = problem.code === undefined ? {} : { details: { error_code: problem.code } }
  return JSON.stringify({ type: 'error', error: { type, message: problem.message, ...details }, request_id: requestId })
}
