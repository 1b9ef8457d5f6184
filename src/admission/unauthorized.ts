import { GatewayError } from '../lib/error.ts'

/** The same whether a credential is missing, unknown, revoked, expired or malformed: a guesser learns nothing from it. */
export function unauthorized(): GatewayError {
  const message = 'A valid API key is required: send it as "Authorization: Bearer <key>" or "x-api-key: <key>".'
  return new GatewayError('unauthorized', message, { shouldRetry: false })
}
