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
 * Gives each connection to the next worker in turn, of those who have the fewest still to take: one that stands still
 * gets hardly any. A worker says that it took one before it reads from it, so what a killed worker never took is whole and
 * goes to another. Connections that come while there is no worker wait.
 */
export class Handover {
  readonly #takers: Taker[] = []
  readonly #pending = new Map<number, Pending>()
  /** How many of these each has. */
  readonly #untaken = new Map<Taker, number>()
  readonly #waiting: { readonly socket: Socket; readonly listener: number }[] = []
  readonly #onEmpty: (() => void)[] = []
  #last = 0
  #turn = 0

  join(taker: Taker): void {
    if (!this.#takers.includes(taker)) this.#takers.push(taker)
    for (const { socket, listener } of this.#waiting.splice(0)) this.give(socket, listener)
  }

  /** Gives it nothing more until it joins again. What it was given stays with it: it may take that at any time. */
  pause(taker: Taker): void {
    const at = this.#takers.indexOf(taker)
    if (at !== -1) this.#takers.splice(at, 1)
  }

  /** It is gone for good. */
  leave(taker: Taker): void {
    this.pause(taker)
    this.#giveAgain(taker, Infinity)
    this.#untaken.delete(taker)
  }

  give(socket: Socket, listener: number): void {
    const taker = this.#next()
    if (taker === undefined) {
      this.#waiting.push({ socket, listener })
      return
    }
    const id = ++this.#last
    this.#pending.set(id, { socket, listener, taker })
    this.#untaken.set(taker, this.#untakenOf(taker) + 1)
    taker.sendConnection({ kind: 'connection', id, listener }, socket)
  }

  /** The worker has its own hold on the connection now. */
  taken(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    pending.socket.destroy()
    this.#pending.delete(id)
    this.#untaken.set(pending.taker, this.#untakenOf(pending.taker) - 1)
    // It takes them in their order: what came before never arrived, as it had no file descriptor for it.
    this.#giveAgain(pending.taker, id)
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

  /** To others, or to the same: what this one was given before `before`, and will never take. */
  #giveAgain(taker: Taker, before: number): void {
    if (this.#untakenOf(taker) === 0) return
    const lost = [...this.#pending].filter(([id, pending]) => pending.taker === taker && id < before)
    for (const [id, { socket, listener }] of lost) {
      this.#pending.delete(id)
      this.#untaken.set(taker, this.#untakenOf(taker) - 1)
      this.give(socket, listener)
    }
  }

  #next(): Taker | undefined {
    const first = this.#turn++
    let best: Taker | undefined
    for (let step = 0; step < this.#takers.length; step++) {
      const taker = this.#takers[(first + step) % this.#takers.length]
      if (best === undefined || (taker !== undefined && this.#untakenOf(taker) < this.#untakenOf(best))) best = taker
    }
    return best
  }

  #untakenOf(taker: Taker): number {
    return this.#untaken.get(taker) ?? 0
  }
}
