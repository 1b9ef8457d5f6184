import type { Socket } from 'node:net'
import type { ToWorker } from './messages.ts'

/** Who can be given a connection. */
export interface Taker {
  sendConnection(message: Extract<ToWorker, { readonly kind: 'connection' }>, socket: Socket): void
}

interface Pending {
  readonly socket: Socket
  readonly listener: number
  readonly taker: Taker
}

/**
 * Gives each connection to the next worker in turn. A worker says that it took one before it reads from it, so what a
 * killed worker never took is whole and goes to another. Connections that come while there is no worker wait.
 */
export class Handover {
  readonly #takers: Taker[] = []
  readonly #pending = new Map<number, Pending>()
  readonly #waiting: { readonly socket: Socket; readonly listener: number }[] = []
  readonly #onEmpty: (() => void)[] = []
  #last = 0
  #turn = 0

  join(taker: Taker): void {
    this.#takers.push(taker)
    for (const { socket, listener } of this.#waiting.splice(0)) this.give(socket, listener)
  }

  leave(taker: Taker): void {
    const at = this.#takers.indexOf(taker)
    if (at !== -1) this.#takers.splice(at, 1)
    const lost = [...this.#pending].filter(([, pending]) => pending.taker === taker)
    for (const [id, pending] of lost) {
      this.#pending.delete(id)
      this.give(pending.socket, pending.listener)
    }
  }

  give(socket: Socket, listener: number): void {
    const taker = this.#takers[this.#turn++ % this.#takers.length]
    if (taker === undefined) {
      this.#waiting.push({ socket, listener })
      return
    }
    const id = ++this.#last
    this.#pending.set(id, { socket, listener, taker })
    taker.sendConnection({ kind: 'connection', id, listener }, socket)
  }

  /** The worker has its own hold on the connection now. */
  taken(id: number): void {
    this.#pending.get(id)?.socket.destroy()
    this.#pending.delete(id)
    if (this.#pending.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve()
  }

  /** Resolves when every connection is with a worker. */
  empty(): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onEmpty.push(resolve))
  }

  /** Cuts what no worker took. */
  close(): void {
    for (const { socket } of [...this.#pending.values(), ...this.#waiting.splice(0)]) socket.destroy()
    this.#pending.clear()
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }
}
