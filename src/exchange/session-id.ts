import type { ProtocolId } from '../canonical/protocol-id.ts'
import { GatewayError } from '../lib/error.ts'
import { SESSION_ID, isSessionId } from '../sessions/session.ts'
import type { ClientRequest } from './client.ts'
import type { Exchange } from './exchange.ts'

/** The field of a body that names its session. Anthropic's has none: an unknown field is an error there. */
const FIELDS: Readonly<Record<ProtocolId, string | null>> = { 'anthropic-messages': null, 'openai-chat': 'session_id' }

/**
 * The session in the header, or null. A client that sends `x-session-affinity` beside it (opencode) keeps its
 * conversation by itself, several of them under one id, and only wants them to stay with one vendor.
 */
export function headerSession({ headers }: ClientRequest): string | null {
  const id = headers['x-session-id']
  if (id === undefined || id === '' || headers['x-session-affinity'] !== undefined) return null
  return checked(id, 'x-session-id')
}

/** The session that a request is to be part of, or null. Throws GatewayError `invalid_request`. */
export function sessionOf({ request, envelope }: Exchange): string | null {
  const inHeader = headerSession(request)
  const field = FIELDS[request.protocol]
  const node = field === null ? undefined : envelope?.root.get(field)
  if (field === null || node === undefined || node.isNull) return inHeader
  if (node.string === undefined) throw invalid(field, 'must be a text')
  const inBody = checked(node.string, field)
  if (inHeader !== null && inHeader !== inBody) throw invalid(field, 'is another one than that of x-session-id')
  return inBody
}

function checked(id: string, name: string): string {
  if (!isSessionId(id)) throw invalid(name, `must be ${SESSION_ID}`)
  return id
}

function invalid(param: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${why}.`, { param })
}
