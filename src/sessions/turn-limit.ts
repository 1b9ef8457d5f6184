import type { Message } from '../canonical/request.ts'
import { GatewayError } from '../lib/error.ts'

/** Times that the user has spoken. Results of tools go on with a turn, and begin none. */
function countTurns(messages: readonly Message[]): number {
  return messages.filter(({ role, parts }) => role === 'user' && parts.some(({ kind }) => kind !== 'tool-result'))
    .length
}

/** Throws GatewayError `invalid_request` where a session gets more turns than it was made for. `limit` null: none. */
export function refuseTurns(
  id: string,
  limit: number | null,
  history: readonly Message[],
  added: readonly Message[],
): void {
  if (limit === null || countTurns(history) + countTurns(added) <= limit) return
  const path = `/v1/sessions/${encodeURIComponent(id)}`
  throw new GatewayError(
    'invalid_request',
    `The session ${JSON.stringify(id)} has had the ${limit} turns that it was made for. ` +
      `Begin another one, or allow it more with PATCH ${path} and a larger "max_turns", or null for no limit.`,
    { param: 'session_id' },
  )
}
