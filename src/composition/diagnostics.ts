import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { GatewayError, toGatewayError } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'
import { CaptureFolder } from '../observe/diagnostics/capture-folder.ts'
import { Captures, freeMemory } from '../observe/diagnostics/captures.ts'
import type { Captured, CaptureOrder, CapturesOptions } from '../observe/diagnostics/captures.ts'
import type { Log } from '../observe/log.ts'
import { diagnosticsRoutes } from '../server/diagnostics-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import { LocalBus, fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'

/** Which processes there are. */
const PROCESS: Topic<number> = { name: 'process', read: (data) => (typeof data === 'number' ? data : null) }
/** A capture is wanted of one of them. */
const CAPTURE: Topic<Fields> = { name: 'capture', read: fieldsOf }
/** It was taken, or not. */
const CAPTURED: Topic<Fields> = { name: 'captured', read: fieldsOf }

/** Milliseconds for all workers to say that they are there. */
const ROLL_CALL = 1000
/** Milliseconds for a worker to write what it has captured: a large heap takes minutes. */
const WRITING = 10 * 60_000

type Outcome = { readonly captured: Captured } | { readonly error: GatewayError }

/** Captures of this process, and of those beside it. */
export class Diagnostics {
  readonly routes: readonly PlainRoute[]
  readonly #captures: Captures
  readonly #log: Log
  readonly #waiting = new Map<string, (outcome: Outcome) => void>()
  #bus: WorkerBus = new LocalBus()

  /** `stateFolder`: what is captured is kept in a folder below it. */
  constructor(stateFolder: string, log: Log, excused: CapturesOptions['excused']) {
    this.#log = log
    const folder = new CaptureFolder(join(stateFolder, 'diagnostics'))
    const now = (): number => performance.now()
    this.#captures = new Captures({ folder, freeMemory, now, wallClock: () => Date.now(), excused })
    this.routes = diagnosticsRoutes({
      take: (order, worker) => this.#take(order, worker),
      list: () => folder.list(),
      workers: () => this.#workers(),
      open: (name) => folder.open(name),
      remove: (name) => folder.remove(name),
    })
  }

  /** From here on each worker takes what any of them is asked for. */
  share(bus: WorkerBus): void {
    this.#bus = bus
    bus.answer(PROCESS, () => process.pid)
    bus.subscribe(CAPTURE, (fields) => void this.#serve(fields))
    bus.subscribe(CAPTURED, ({ id, ...fields }) => {
      if (typeof id === 'string') this.#waiting.get(id)?.(outcomeOf(fields))
    })
  }

  close(): void {
    this.#captures.close()
  }

  async #workers(): Promise<readonly number[]> {
    const others = await this.#bus.gather(PROCESS, ROLL_CALL)
    return [...new Set([process.pid, ...others])]
  }

  async #take(order: CaptureOrder, worker: number | null): Promise<Captured> {
    if (worker === null || worker === process.pid) return this.#captures.take(order)
    const workers = await this.#workers()
    if (!workers.includes(worker)) {
      const message = `worker: must be the process id of a worker: ${workers.join(', ')}.`
      throw new GatewayError('invalid_request', message, { param: 'worker' })
    }
    const outcome = await this.#ask(order, worker)
    if ('error' in outcome) throw outcome.error
    return outcome.captured
  }

  async #ask(order: CaptureOrder, worker: number): Promise<Outcome> {
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const late = new GatewayError('overloaded', `Process ${worker} does not answer.`, { shouldRetry: false })
    const timer = setTimeout(() => resolve({ error: late }), WRITING)
    this.#waiting.set(id, resolve)
    this.#bus.publish(CAPTURE, { id, worker, ...order })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  async #serve({ id, worker, kind, seconds }: Fields): Promise<void> {
    if (worker !== process.pid || id === undefined) return
    const order: CaptureOrder = kind === 'cpu' ? { kind, seconds: Number(seconds) } : { kind: 'heap' }
    this.#bus.publish(CAPTURED, { id, ...(await this.#attempt(order)) })
  }

  async #attempt(order: CaptureOrder): Promise<Fields> {
    try {
      const { capture, removed } = await this.#captures.take(order)
      return { capture: { ...capture }, removed: [...removed] }
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) this.#log.error(null, 'a capture failed', thrown)
      const { code, message, retryAfter } = toGatewayError(thrown)
      return { code, message, retryAfter }
    }
  }
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function outcomeOf(fields: Fields): Outcome {
  if (isCaptured(fields)) return { captured: fields }
  const { code, message, retryAfter } = fields
  const known = code === 'rate_limited' || code === 'insufficient_storage' ? code : 'internal'
  const options = typeof retryAfter === 'number' ? { retryAfter } : {}
  return { error: new GatewayError(known, typeof message === 'string' ? message : '', options) }
}

function isCaptured(fields: JsonValue | Captured): fields is Captured {
  return fields !== null && typeof fields === 'object' && 'capture' in fields && 'removed' in fields
}
