import type { Socket } from 'node:net'
import type { Dispatcher, Client as UndiciClient, buildConnector } from 'undici'
import Client from 'undici/lib/dispatcher/client.js'

/** A call that wants to know the connection it is sent on. */
export interface ConnectionUser {
  useConnection(connection: CountingClient): void
}

/**
 * One connection of a pool, with what undici does not tell: whether it has served before, and its socket.
 *
 * A vendor closes idle connections when it likes. A request that is written at that very moment dies without a byte of an
 * answer, and only a look at the connection's past tells that from a vendor that crashes on the request.
 */
export class CountingClient extends Client {
  /** Answers read from the present connection. */
  answers = 0
  socket: Socket | null = null

  constructor(origin: URL, options: UndiciClient.Options) {
    super(origin, { ...options, connect: (target, callback) => this.#connect(options, target, callback) })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (isConnectionUser(handler)) handler.useConnection(this)
    return super.dispatch(options, handler)
  }

  #connect(options: UndiciClient.Options, target: buildConnector.Options, callback: buildConnector.Callback): void {
    if (typeof options.connect !== 'function') throw new TypeError('the pool makes connections')
    options.connect(target, (...result) => {
      this.socket = result[1]
      this.answers = 0
      callback(...result)
    })
  }
}

function isConnectionUser(handler: object): handler is ConnectionUser {
  return 'useConnection' in handler
}
