import type { TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'

/**
 * Connects over TLS to whoever holds the key of one of these certificates, and to nobody else. Who signed them, for which
 * name and until when does not matter: this user's own gateway is known by its key.
 */
export function pinnedConnector(
  build: typeof buildConnector,
  fingerprints: readonly string[],
  timeout: number,
): buildConnector.connector {
  // The handshake proves the key in any case; the certificate is compared below, before anything is sent.
  const connect = build({ timeout, rejectUnauthorized: false, allowH2: false })
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) return callback(error, null)
      if (isTls(socket) && fingerprints.includes(socket.getPeerX509Certificate()?.fingerprint256 ?? '')) {
        return callback(null, socket)
      }
      socket.destroy()
      callback(new Error('another certificate than that of the gateway'), null)
    })
  }
}

function isTls(socket: object): socket is TLSSocket {
  return 'getPeerX509Certificate' in socket
}
