import type { Socket } from 'node:net'
import type { EngineEvents } from '../engine.ts'
import type { ServerSettings } from '../settings.ts'
import { Http2Connection } from './connection.ts'
import type { ConnectionContext } from './connection.ts'

/** Milliseconds between looks for connections that are no longer used, or misused. */
const LOOK = 250

/** How long a client that was told to leave may take to close its side. */
const GOODBYE = 1000

/** What speaks HTTP/2 on connections that somebody else took. */
export interface Http2Engine {
  take(socket: Socket): void
  closeIdle(): void
  close(): void
}

/** HTTP/2 by Node's sessions. */
export function createHttp2Engine(settings: () => ServerSettings, events: EngineEvents): Http2Engine {
  const connections = new Set<Http2Connection>()
  /** Null while there is nobody to look after. */
  let timer: NodeJS.Timeout | null = null
  const stopLooking = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  const { headerLimit, headerCount } = settings()
  const context: ConnectionContext = { events, headerLimit, headerCount, now: () => performance.now() }
  const look = (): void => {
    if (connections.size === 0) return stopLooking()
    const limits = settings()
    const now = performance.now()
    for (const connection of connections) lookAfter(connection, limits, now)
  }
  return {
    take(socket) {
      const connection = new Http2Connection(socket, context)
      connections.add(connection)
      timer ??= setInterval(look, LOOK).unref()
      socket.once('close', () => connections.delete(connection))
      events.connected(socket)
    },
    // A stream that the client opened meanwhile is one that it knows to be safe to try again.
    closeIdle: () => {
      for (const connection of connections) connection.leave()
    },
    close: stopLooking,
  }
}

function lookAfter(connection: Http2Connection, limits: ServerSettings, now: number): void {
  const { idleSince, suspectSince, unused } = connection
  connection.look(now)
  if (suspectSince !== null && now - suspectSince >= limits.writeTimeout) connection.socket.destroy()
  if (idleSince === null) return
  const idle = now - idleSince
  if (unused ? idle >= limits.headerTimeout : idle >= limits.keepAliveTimeout + GOODBYE) connection.socket.destroy()
  else if (idle >= limits.keepAliveTimeout) connection.leave()
}
