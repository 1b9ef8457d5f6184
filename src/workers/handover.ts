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
  /** It never came to the worker. */
  isMissed: boolean
}

/** Milliseconds after which something that did not arrive is given again: files are closed, somewhere, meanwhile. */
const PAUSE = 100

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
    for (const [id, pending] of this.#pending) if (pending.taker === taker) this.#giveAgain(id)
    this.#untaken.delete(taker)
  }

  /** The oldest connection that this one had still to take never came: it has no file descriptor for it. */
  missed(taker: Taker): void {
    for (const [id, pending] of this.#pending) {
      if (pending.taker !== taker || pending.isMissed) continue
      pending.isMissed = true
      setTimeout(() => this.#giveAgain(id), PAUSE).unref()
      return
    }
  }

  give(socket: Socket, listener: number): void {
    const taker = this.#next()
    if (taker === undefined) {
      this.#waiting.push({ socket, listener })
      return
    }
    const id = ++this.#last
    this.#pending.set(id, { socket, listener, taker, isMissed: false })
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

  /** To whoever has the fewest now. */
  #giveAgain(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#untaken.set(pending.taker, this.#untakenOf(pending.taker) - 1)
    this.give(pending.socket, pending.listener)
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
