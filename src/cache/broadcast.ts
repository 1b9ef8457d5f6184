import type { ClientReply } from '../exchange/client.ts'
import type { GatewayError } from '../lib/error.ts'
import { Listener } from './listener.ts'
import type { AnswerSource, Fields } from './listener.ts'

/** Sent bytes that are kept for those who come late or read slowly. */
const LARGEST_BACKLOG = 1024 * 1024

/**
 * One answer for several clients: a reply that copies what it is given to everybody who listens. Who comes late gets it
 * from its beginning, as long as that is still there. The fastest listener sets the pace; what the others have not taken
 * yet is kept once for all of them, and who falls too far behind is cut off.
 */
export class Broadcast implements ClientReply, AnswerSource {
  readonly cutBy: GatewayError | null = null
  readonly #limit: number
  readonly #listeners = new Set<Listener>()
  readonly #onDrain: (() => void)[] = []
  readonly #onAbort: (() => void)[] = []
  #status = 0
  #fields: Fields = {}
  #chunks: Buffer[] = []
  /** Chunks that nobody needs any more. */
  #dropped = 0
  #bytes = 0
  #whole = true
  #state: 'open' | 'ended' | 'broken' | 'abandoned' = 'open'
  #waits = false

  constructor(limit = LARGEST_BACKLOG) {
    this.#limit = limit
  }

  get committed(): boolean {
    return this.#status !== 0
  }

  get closed(): boolean {
    return this.#state !== 'open'
  }

  /** A listener that begins now misses nothing. */
  get joinable(): boolean {
    return this.#state === 'open' && this.#whole
  }

  /** What was sent, where it was sent completely and all of it is still there. */
  get sent(): { readonly status: number; readonly headers: Fields; readonly body: Buffer } | null {
    if (this.#state !== 'ended' || !this.#whole) return null
    const [only] = this.#chunks
    const body = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    return { status: this.#status, headers: this.#fields, body }
  }

  /** Sends the answer to this client too, from its beginning. */
  listen(reply: ClientReply, fieldsFor: (fields: Fields) => Fields): Listener {
    const listener = new Listener(reply, this, fieldsFor)
    this.#listeners.add(listener)
    listener.start()
    return listener
  }

  head(status: number, headers: Fields): void {
    if (this.committed || this.closed) return
    this.#status = status
    this.#fields = headers
    for (const listener of this.#listeners) listener.begin()
  }

  write(chunk: Buffer | string): boolean {
    if (this.closed || chunk.length === 0) return true
    this.#add(chunk)
    this.#pump()
    this.#trim()
    this.#waits = !this.closed && [...this.#listeners].every(({ blocked }) => blocked)
    return !this.#waits
  }

  end(chunk?: Buffer | string): void {
    if (this.closed) return
    if (chunk !== undefined && chunk.length > 0) this.#add(chunk)
    this.#state = 'ended'
    this.#pump()
  }

  /** The answer ends here and is not whole. Listeners get what was sent, and no end. */
  destroy(): void {
    if (this.closed) return
    this.#state = 'broken'
    this.#pump()
  }

  onDrain(callback: () => void): void {
    this.#onDrain.push(callback)
  }

  onAbort(callback: () => void): void {
    if (this.#state === 'abandoned') callback()
    else this.#onAbort.push(callback)
  }

  /** Of the answer, once it is known. */
  get opening(): { readonly status: number; readonly headers: Fields } | null {
    return this.committed ? { status: this.#status, headers: this.#fields } : null
  }

  /** The chunk at this position; the end of the answer where there is none and there will be none. */
  at(position: number): Buffer | 'later' | 'ended' | 'broken' {
    const chunk = this.#chunks[position - this.#dropped]
    if (chunk !== undefined) return chunk
    return this.#state === 'ended' || this.#state === 'broken' ? this.#state : 'later'
  }

  /** Nothing comes after this position. */
  isLast(position: number): boolean {
    return this.#state === 'ended' && position - this.#dropped === this.#chunks.length - 1
  }

  caughtUp(): void {
    if (!this.#waits) return
    this.#waits = false
    for (const callback of this.#onDrain) callback()
  }

  gone(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#state !== 'open' || this.#listeners.size > 0) return
    this.#state = 'abandoned'
    this.#chunks = []
    for (const callback of this.#onAbort.splice(0)) callback()
  }

  #add(chunk: Buffer | string): void {
    const copy = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
    this.#chunks.push(copy)
    this.#bytes += copy.length
  }

  #pump(): void {
    for (const listener of this.#listeners) listener.pump()
  }

  /** Keeps everything while that is little, then only what somebody still has to get. */
  #trim(): void {
    if (this.#state !== 'open' || this.#bytes <= this.#limit) return
    this.#whole = false
    this.#dropTaken()
    while (this.#bytes > this.#limit && this.#listeners.size > 1) {
      const slowest = [...this.#listeners].reduce((a, b) => (b.position < a.position ? b : a))
      if (!slowest.blocked || [...this.#listeners].every(({ position }) => position === slowest.position)) return
      slowest.cut()
      this.#dropTaken()
    }
  }

  #dropTaken(): void {
    const needed = Math.min(...[...this.#listeners].map(({ position }) => position))
    for (; this.#dropped < needed && this.#chunks.length > 0; this.#dropped++) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0
    }
  }
}
