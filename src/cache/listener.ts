import type { ClientReply } from '../exchange/client.ts'

export type Fields = Readonly<Record<string, string>>

/** An answer on its way, as those who listen to it see it. */
export interface AnswerSource {
  /** Once it is known. */
  readonly opening: { readonly status: number; readonly headers: Fields } | null
  /** The chunk at this position, or what there is in its place. */
  at(position: number): Buffer | 'later' | 'ended' | 'broken'
  /** The answer is complete, and this is its last chunk. */
  isLast(position: number): boolean
  /** The listener has taken everything that there is. */
  caughtUp(): void
  gone(listener: Listener): void
}

/** How listening ended: the answer is complete, it broke off, the client left, or it was cut off as too slow. */
export type ListenerEnd = 'whole' | 'broken' | 'left' | 'cut'

/** One client of an answer that several get, with its place in it. */
export class Listener {
  /** Resolves when this client gets nothing more. */
  readonly over: Promise<ListenerEnd>
  /** It reads too slowly, and its next chunk waits. */
  blocked = false
  /** Of its next chunk. */
  position = 0
  /** Sent, without the head. */
  bytes = 0
  readonly #reply: ClientReply
  readonly #source: AnswerSource
  readonly #fieldsFor: (fields: Fields) => Fields
  readonly #resolve: (end: ListenerEnd) => void
  #done = false

  constructor(reply: ClientReply, source: AnswerSource, fieldsFor: (fields: Fields) => Fields) {
    this.#reply = reply
    this.#source = source
    this.#fieldsFor = fieldsFor
    const { promise, resolve } = Promise.withResolvers<ListenerEnd>()
    this.over = promise
    this.#resolve = resolve
  }

  start(): void {
    this.#reply.onAbort(() => this.#finish('left'))
    this.#reply.onDrain(() => {
      this.blocked = false
      this.pump()
    })
    this.begin()
    this.pump()
  }

  /** Sends the head where it is known. */
  begin(): void {
    const { opening } = this.#source
    if (opening === null || this.#done || this.#reply.committed) return
    this.#reply.head(opening.status, this.#fieldsFor(opening.headers))
  }

  /** Sends what there is, as far as the client takes it. */
  pump(): void {
    while (!this.#done && !this.blocked) {
      const next = this.#source.at(this.position)
      if (next === 'later') return this.#source.caughtUp()
      if (next === 'broken') return this.#finish('broken')
      if (next === 'ended') {
        this.#reply.end()
        return this.#finish('whole')
      }
      this.#send(next)
    }
  }

  cut(): void {
    if (this.#done) return
    this.#reply.destroy()
    this.#finish('cut')
  }

  #send(chunk: Buffer): void {
    const isLast = this.#source.isLast(this.position)
    this.position++
    this.bytes += chunk.length
    if (isLast) {
      this.#reply.end(chunk)
      this.#finish('whole')
    } else if (!this.#reply.write(chunk)) {
      this.blocked = true
    }
  }

  #finish(end: ListenerEnd): void {
    if (this.#done) return
    this.#done = true
    this.#source.gone(this)
    this.#resolve(end)
  }
}
