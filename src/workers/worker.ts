import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { JsonValue } from '../lib/json.ts'
import type { Taker } from './handover.ts'
import type { HubMember } from './hub.ts'
import { isFromWorker, type FromWorker, type ToWorker } from './messages.ts'

interface WorkerEvents {
  readonly received: (message: FromWorker) => void
  /** A connection that it was sent did not come with its message, which is gone with it. */
  readonly missed: () => void
  /** `how`: "with code 1", "by SIGKILL". */
  readonly ended: (how: string) => void
}

/** One process. */
export class Worker implements HubMember, Taker {
  readonly startedAt = performance.now()
  readonly ready: Promise<JsonValue>
  /** Not before it serves, and not when it was given up. */
  isReady = false
  /** It hung, and was killed for it. */
  isLost = false
  readonly #process: ChildProcess
  readonly #resolveReady: (summary: JsonValue) => void

  constructor(child: ChildProcess, { received, missed, ended }: WorkerEvents) {
    const { promise, resolve } = Promise.withResolvers<JsonValue>()
    this.ready = promise
    this.#resolveReady = resolve
    this.#process = child
    child.on('message', (message: unknown) => {
      if (isFromWorker(message)) received(message)
    })
    // How Node's processes tell each other so; whoever sends, and keeps the connection, is told in no other way.
    child.on('internalMessage', (message: unknown) => {
      if (isNotReceived(message)) missed()
    })
    let over = false
    const end = (how: string): void => {
      if (!over) ended(how)
      over = true
    }
    // What it said last may still be in the channel when it is gone.
    child.once('exit', (code, signal) => {
      const how = signal === null ? `with code ${code ?? ''}` : `by ${signal}`
      if (child.connected) child.once('disconnect', () => end(how))
      else end(how)
    })
    child.once('error', (error) => end(`with "${error.message}"`))
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  becomeReady(summary: JsonValue): void {
    this.isReady = true
    this.#resolveReady(summary)
  }

  send(message: ToWorker): void {
    // An error says that it is gone, which its end tells too.
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  sendConnection(message: Extract<ToWorker, { readonly kind: 'connection' }>, socket: Socket): void {
    if (this.#process.connected) this.#process.send(message, socket, { keepOpen: true }, () => {})
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** It ends without a chance to do anything more: from now on another can do what only one may. */
  giveUp(): void {
    this.isReady = false
    this.isLost = true
    this.kill()
  }
}

function isNotReceived(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === 'NODE_HANDLE_NACK'
}
