import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Engine, EngineEvents } from '../engine.ts'
import type { ServerSettings } from '../settings.ts'
import { LeanConnection } from './connection.ts'
import type { ConnectionContext } from './connection.ts'

/** Milliseconds between looks for heads that are late and connections that are no longer used. */
const LOOK = 250

/** Bytes of one read at most. */
const READ_MEMORY = 64 * 1024

/** HTTP/1.1 directly on Node's sockets. */
export function createLeanEngine(settings: () => ServerSettings, events: EngineEvents): Engine {
  const connections = new Set<LeanConnection>()
  /** Null while there is nobody to look after: an idle gateway is not to be woken for nothing. */
  let timer: NodeJS.Timeout | null = null
  const stopLooking = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  const clock = new Clock(settings)
  const { headerLimit } = settings()
  const context: ConnectionContext = {
    events,
    memory: Buffer.allocUnsafeSlow(READ_MEMORY),
    headerLimit: () => headerLimit,
    now: () => performance.now(),
    lastFields: (stays) => clock.lastFields(stays),
  }
  // With half-open connections a client that says it sends no more still gets its answer.
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true }
  const listener = createServer(options, (accepted: Socket) => {
    const connection = new LeanConnection(accepted, context)
    const { socket } = connection
    connections.add(connection)
    timer ??= setInterval(look, LOOK).unref()
    socket.once('close', () => connections.delete(connection))
    events.connected(socket)
  })
  const look = (): void => {
    if (connections.size === 0) return stopLooking()
    const { headerTimeout, keepAliveTimeout } = settings()
    const now = performance.now()
    for (const connection of connections) {
      if (connection.waitingSince === null) continue
      const waited = now - connection.waitingSince
      if (connection.late) {
        if (waited >= headerTimeout) connection.tooLate()
      } else if (waited >= keepAliveTimeout) {
        connection.socket.destroy()
      }
    }
  }
  return {
    listener,
    closeIdle: () => {
      for (const connection of connections) if (connection.idle) connection.socket.destroy()
    },
    close: stopLooking,
  }
}

/** Texts that are the same for all answers of a second. */
class Clock {
  readonly #settings: () => ServerSettings
  #until = 0
  #staying = ''
  #closing = ''

  constructor(settings: () => ServerSettings) {
    this.#settings = settings
  }

  lastFields(stays: boolean): string {
    const now = Date.now()
    if (now >= this.#until) {
      this.#until = now - (now % 1000) + 1000
      const date = `date: ${new Date(now).toUTCString()}\r\n\r\n`
      const timeout = Math.floor(this.#settings().keepAliveTimeout / 1000)
      this.#staying = `connection: keep-alive\r\nkeep-alive: timeout=${timeout}\r\n${date}`
      this.#closing = `connection: close\r\n${date}`
    }
    return stays ? this.#staying : this.#closing
  }
}
