import type { GatewayError } from '../lib/error.ts'
import type { ExchangeRecord } from '../observe/observer.ts'
import type { Protocol } from '../protocols/protocol.ts'

export interface Rejected {
  readonly id: string
  readonly protocol: Protocol
  /** What the client saw, 0 for nothing. */
  readonly status: number
  /** Bytes of the answer's body. */
  readonly bytes: number
  /** Monotonic milliseconds. */
  readonly startedAt: number
}

/** The access line of a request that never became an exchange, or whose exchange broke. */
export function rejection({ id, protocol, status, bytes, startedAt }: Rejected, error: GatewayError): ExchangeRecord {
  const outcome = error.blame === 'client' ? 'rejected' : 'failed'
  return {
    requestId: id,
    protocol: protocol.id,
    operation: 'none',
    keyName: null,
    requestedModel: null,
    provider: null,
    model: null,
    plan: null,
    reason: null,
    attempts: 0,
    stream: false,
    httpStatus: status === 0 ? error.status : status,
    status: error.code === 'client_closed' ? 'client_closed' : outcome,
    errorCode: error.code,
    losses: [],
    usage: null,
    cache: null,
    billed: false,
    duration: performance.now() - startedAt,
    timeToFirstByte: null,
    timeToFirstToken: null,
    requestBytes: 0,
    replyBytes: bytes,
  }
}
