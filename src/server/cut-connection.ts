import { Socket } from 'node:net'

/** Ends a connection in the middle of an answer. An HTTP/1.0 body ends where the connection does: only a reset says that it is cut. */
export function cutConnection(socket: Socket, version: string): void {
  const wire = version === '1.0' ? wireOf(socket) : null
  if (wire === null) socket.destroy()
  else wire.resetAndDestroy()
}

/** The connection itself. Under TLS Node does not document where it is; without it the client misses TLS's goodbye. */
function wireOf(socket: Socket): Socket | null {
  if (!('encrypted' in socket)) return socket
  const wire: unknown = Reflect.get(socket, '_parent')
  return wire instanceof Socket ? wire : null
}
