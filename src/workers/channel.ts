import { Socket, type Server } from 'node:net'
import { isToWorker, type FromWorker, type Replaced, type ToWorker } from './messages.ts'
import { ProcessBus } from './worker-bus.ts'

/** What the supervisor may ask of a worker beyond the bus and the connections. */
export interface WorkerOrders {
  readonly reload: (announce: boolean) => void
  readonly log: (message: Extract<ToWorker, { readonly kind: 'log' }>) => void
  /** It is the one that does what only one worker may do. */
  readonly lead: () => void
  /** Others were replaced, or were before this one came. */
  readonly replaced: (replaced: Replaced) => void
  /** Also when the supervisor is gone: nobody hands on connections any more. */
  readonly drain: () => void
}

type Begin = Extract<ToWorker, { readonly kind: 'begin' }>

/** A worker's side of everything that it has to do with the supervisor. */
export class WorkerChannel {
  readonly bus: ProcessBus
  readonly #process: NodeJS.Process
  readonly #listeners: Server[] = []
  readonly #begun = Promise.withResolvers<Begin>()
  #orders: WorkerOrders | null = null
  /** Told to drain before anybody could take the order. */
  #ending = false

  /** `worker`: the process that this is. */
  constructor(worker: NodeJS.Process) {
    this.#process = worker
    this.bus = new ProcessBus((message) => this.send(message))
    worker.on('message', (message: unknown, handle: unknown) => {
      if (isToWorker(message)) this.#receive(message, handle instanceof Socket ? handle : null)
    })
    worker.on('disconnect', () => {
      this.bus.close()
      this.#drain()
    })
  }

  begun(): Promise<Begin> {
    return this.#begun.promise
  }

  /** Has `server` take the connections of the next listener. */
  listen(server: Server): number {
    // What a server sets going when it listens: the search for heads that are late.
    server.emit('listening')
    return this.#listeners.push(server) - 1
  }

  follow(orders: WorkerOrders): void {
    this.#orders = orders
    if (this.#ending) orders.drain()
  }

  /**
   * Has the supervisor not miss this worker while it does `work`, for which somebody asked. `blocks`: it answers nothing
   * meanwhile.
   */
  async excused<T>(blocks: boolean, work: () => Promise<T>): Promise<T> {
    await this.send({ kind: 'away', blocks })
    try {
      return await work()
    } finally {
      void this.send({ kind: 'back' })
    }
  }

  /** Resolves when the message is on its way, or cannot be. */
  send(message: FromWorker): Promise<void> {
    return new Promise((resolve) => {
      if (this.#process.connected) this.#process.send?.(message, undefined, undefined, () => resolve())
      else resolve()
    })
  }

  #receive(message: ToWorker, socket: Socket | null): void {
    switch (message.kind) {
      case 'begin':
        this.#begun.resolve(message)
        return
      case 'connection':
        // First the answer: what was not taken is given to another worker, and must not have been read from.
        void this.send({ kind: 'took', id: message.id })
        this.#take(message.listener, socket)
        return
      case 'told':
      case 'asked':
      case 'answers':
        this.bus.receive(message)
        return
      case 'reload':
        this.#orders?.reload(message.announce)
        return
      case 'log':
        this.#orders?.log(message)
        return
      case 'lead':
        this.#orders?.lead()
        return
      case 'check':
        void this.send({ kind: 'alive' })
        return
      case 'replaced':
        this.#orders?.replaced({ total: message.total, hung: message.hung })
        return
      case 'drain':
        this.#drain()
        return
      default:
        message satisfies never
    }
  }

  /** The client may have gone before the connection came here. */
  #take(listener: number, socket: Socket | null): void {
    if (socket === null) return
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    // A server's own connections are like that.
    socket.allowHalfOpen = true
    this.#listeners[listener]?.emit('connection', socket)
  }

  #drain(): void {
    this.#ending = true
    this.#orders?.drain()
  }
}
