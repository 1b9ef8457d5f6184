import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Engine, EngineEvents } from '../engine.ts'
import { createHttp2Engine } from '../http2/engine.ts'
import type { ServerSettings, TlsSettings } from '../settings.ts'
import { contextOptions } from './context.ts'

export interface TlsEngineParts {
  readonly settings: () => ServerSettings
  /** Of the settings, when it begins. */
  readonly tls: TlsSettings
  readonly events: EngineEvents
  /** What reads the clients that speak HTTP/1.1. */
  readonly http1: Engine
}

/** TLS before an engine for HTTP/1.1 and, for clients that choose it, HTTP/2. */
export function createTlsEngine({ settings, tls, events, http1 }: TlsEngineParts): Engine {
  const http2 = settings().http2 ? createHttp2Engine(settings, events) : null
  const identity = new Identity(tls)
  const listener = createServer({
    ...contextOptions(tls),
    requestCert: tls.clientCertificates !== 'none',
    rejectUnauthorized: tls.clientCertificates === 'require',
    ALPNProtocols: [...(http2 === null ? [] : ['h2']), 'http/1.1', 'http/1.0'],
    handshakeTimeout: settings().headerTimeout,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
  })
  const shaking = new Set<Socket>()
  listener
    .prependListener('connection', (raw: Socket) => {
      shaking.add(raw)
      raw.once('close', () => shaking.delete(raw))
      const next = identity.changed(settings().tls)
      if (next !== null) listener.setSecureContext(contextOptions(next))
    })
    .on('secureConnection', (socket: TLSSocket) => {
      if (isStranger(socket, tls)) socket.destroy()
      else if (socket.alpnProtocol === 'h2' && http2 !== null) http2.take(socket)
      else http1.listener.emit('connection', socket)
    })
    // Whoever does not get through the handshake is nobody who could be told something.
    .on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
    // What a server sets going when it listens: the search for heads that are late.
    .once('listening', () => http1.listener.emit('listening'))
  const closeShaking = (): void => {
    for (const raw of shaking) raw.destroy()
  }
  return {
    listener,
    closeIdle() {
      http1.closeIdle()
      http2?.closeIdle()
    },
    close() {
      closeShaking()
      http1.listener.close()
      http1.close()
      http2?.close()
    },
  }
}

/** Has shown a certificate, and nobody knows whose it is. Without one it may come in where none is required. */
function isStranger(socket: TLSSocket, { clientCertificates }: TlsSettings): boolean {
  if (clientCertificates !== 'request' || socket.authorized) return false
  return socket.getPeerX509Certificate() !== undefined
}

/** The certificate in use. */
class Identity {
  #current: TlsSettings

  constructor(first: TlsSettings) {
    this.#current = first
  }

  /** The settings where they are others than before. */
  changed(now: TlsSettings | null): TlsSettings | null {
    if (now === null || now === this.#current) return null
    const before = JSON.stringify(this.#current)
    this.#current = now
    return JSON.stringify(now) === before ? null : now
  }
}
