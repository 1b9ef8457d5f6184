import type { Socket } from 'node:net'
import type { GatewayError } from '../lib/error.ts'
import { reasonOf } from './status-line.ts'
import type { Rejected } from './rejection.ts'
import type { EncodedError, Protocol } from '../protocols/protocol.ts'

/** How long a refused client may take to read why. */
const CLOSE_AFTER = 500

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
  return `HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines}\r\n${body}`
}
