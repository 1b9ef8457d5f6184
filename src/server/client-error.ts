import type { Socket } from 'node:net'
import { GatewayError } from '../lib/error.ts'
import { STATUS_CODES } from './node-http.ts'
import type { Rejected } from './rejection.ts'
import type { EncodedError, Protocol } from '../protocols/protocol.ts'

/** What Node's HTTP parser reports about a client. */
export interface ParserError extends Error {
  readonly code?: string
  /** The bytes that were being parsed. */
  readonly rawPacket?: Buffer
}

/** How long a refused client may take to read why. */
const CLOSE_AFTER = 500

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

/** Writes an answer without the parser's help and closes the connection. */
export function refuseConnection(socket: Socket, protocol: Protocol, error: GatewayError, id: string): Rejected {
  const encoded = protocol.client.encodeError(error, { requestId: id })
  socket.end(rawAnswer(encoded, { 'request-id': id, 'x-request-id': id, 'x-ucr-error': error.code }))
  setTimeout(() => socket.destroy(), CLOSE_AFTER).unref()
  const { status, body } = encoded
  return { id, protocol, status, bytes: Buffer.byteLength(body), startedAt: performance.now() }
}

function rawAnswer({ status, headers, body }: EncodedError, more: Readonly<Record<string, string>>): string {
  const fields = Object.entries({
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...more,
    ...headers,
  })
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`
}
