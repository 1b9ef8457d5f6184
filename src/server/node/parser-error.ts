import type { Socket } from 'node:net'
import { GatewayError } from '../../lib/error.ts'

/** What Node's HTTP parser reports about a client. */
export interface ParserError extends Error {
  readonly code?: string
  /** The bytes that were being parsed. */
  readonly rawPacket?: Buffer
}

/** What a client that does not speak HTTP is told; null when it is gone, or never said anything. */
export function parserFailure(error: ParserError, socket: Socket): GatewayError | null {
  if (!socket.writable || socket.destroyed) return null
  const code = error.code ?? ''
  if (code === 'HPE_HEADER_OVERFLOW') return new GatewayError('headers_too_large', 'The request head is too large.')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new GatewayError('body_too_large', 'The chunk extensions of the request body are too large.')
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    // A connection opened ahead of its use and never used needs no answer.
    if (socket.bytesRead === 0) return null
    return new GatewayError('request_timeout', 'The request head took too long.')
  }
  return code.startsWith('HPE_') ? new GatewayError('invalid_request', 'This is not a valid HTTP/1.1 request.') : null
}

/** The path in the first line of what could not be parsed, as far as there is one. */
export function requestPath(error: ParserError): string {
  const line = error.rawPacket?.toString('latin1', 0, 1024) ?? ''
  return /^[A-Z]{3,10} (\/[^ ?\r\n]*)/.exec(line)?.[1] ?? ''
}
