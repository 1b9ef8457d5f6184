import type { GatewayError } from '../lib/error.ts'
import type { SessionVisit } from '../sessions/session-visit.ts'
import type { ClientReply } from './client.ts'

/**
 * A reply in a session. It names the session, and its end waits until the turn is kept: a client that has seen its answer
 * whole finds it in the next one.
 */
export class SessionReply implements ClientReply {
  readonly #reply: ClientReply
  readonly #id: string
  /** Keeps the turn, if there is one to keep. Never rejects. */
  readonly #keep: () => Promise<void>
  #visit: SessionVisit | null = null
  #end: Promise<void> | null = null

  constructor(reply: ClientReply, id: string, keep: () => Promise<void>) {
    this.#reply = reply
    this.#id = id
    this.#keep = keep
  }

  /** What the session has to say in the head. */
  set visit(visit: SessionVisit) {
    this.#visit = visit
  }

  /** Resolves when nothing more will be written. */
  get over(): Promise<void> {
    return this.#end ?? Promise.resolve()
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    const fields: Record<string, string> = { ...headers, 'x-session-id': this.#id }
    const visit = this.#visit
    if (visit !== null) {
      fields['x-ucr-session'] = visit.isNew ? 'new' : 'continued'
      if (visit.evicted > 0) fields['x-ucr-sessions-evicted'] = String(visit.evicted)
    }
    this.#reply.head(status, fields)
  }

  write(chunk: Buffer | string): boolean {
    return this.#reply.write(chunk)
  }

  end(chunk?: Buffer | string): void {
    if (this.closed) return
    // The memory is the caller's, and may be another chunk's by then.
    const last = typeof chunk === 'object' ? Buffer.from(chunk) : chunk
    this.#end = this.#keep().then(() => this.#reply.end(last))
  }

  destroy(): void {
    this.#reply.destroy()
  }

  get committed(): boolean {
    return this.#reply.committed
  }

  get closed(): boolean {
    return this.#end !== null || this.#reply.closed
  }

  get cutBy(): GatewayError | null {
    return this.#reply.cutBy
  }

  onDrain(callback: () => void): void {
    this.#reply.onDrain(callback)
  }

  onAbort(callback: () => void): void {
    this.#reply.onAbort(callback)
  }
}
