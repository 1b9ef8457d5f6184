import type { Socket } from 'node:net'
import type { HttpReply } from './reply.ts'

/** Milliseconds between looks for whether a client that said it sends no more is gone altogether; doubled each time. */
const FIRST_PROBE = 10
const LAST_PROBE = 10_000

/**
 * A client's connection and the replies that are due on it.
 *
 * A client that closes its connection and one that only says "I send no more" (`shutdown`) look the same: both send FIN.
 * The second still wants its answer, the first must stop its upstream within 100 ms. So the server writes something that
 * means nothing: a closed connection answers it with a reset, and the next write fails.
 */
export class Connection {
  /** The parser gave up on this client; nothing after that is a request. */
  refused = false
  readonly socket: Socket
  /**
   * In the order of their requests. Not a Set: V8 rebuilds one that is added to and deleted from all the time, and its
   * earlier tables, once a full collection has made one of them old, hold each other and what was in them until the next.
   */
  readonly #replies: HttpReply[] = []
  #halfClosed = false
  #probeTimer: NodeJS.Timeout | null = null

  constructor(socket: Socket) {
    this.socket = socket
    socket.once('end', () => {
      this.#halfClosed = true
      this.#probe(FIRST_PROBE)
    })
    socket.once('close', () => this.#closed())
  }

  /** The connection is not to be used for another request. */
  get closing(): boolean {
    return this.refused || this.#halfClosed
  }

  get idle(): boolean {
    return this.#replies.length === 0
  }

  /** The replies that are due: a copy, as replies leave when something is done to them. */
  get replies(): readonly HttpReply[] {
    return [...this.#replies]
  }

  /** The reply that the client waits for first. */
  get current(): HttpReply | null {
    return this.#replies[0] ?? null
  }

  add(reply: HttpReply): void {
    this.#replies.push(reply)
  }

  remove(reply: HttpReply): void {
    const position = this.#replies.indexOf(reply)
    if (position === this.#replies.length - 1) this.#replies.pop()
    else if (position !== -1) this.#replies.splice(position, 1)
    if (this.refused && this.idle) this.socket.destroySoon()
  }

  #closed(): void {
    if (this.#probeTimer !== null) clearTimeout(this.#probeTimer)
    for (const reply of this.replies) reply.connectionClosed()
  }

  #probe(delay: number): void {
    if (this.socket.destroyed || this.idle) return
    this.current?.probe()
    this.#probeTimer = setTimeout(() => this.#probe(Math.min(delay * 2, LAST_PROBE)), delay).unref()
  }
}
