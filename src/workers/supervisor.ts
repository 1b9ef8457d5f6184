import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { JsonValue } from '../lib/json.ts'
import { Handover, type Taker } from './handover.ts'
import { Hub, type HubMember, type JoinKept } from './hub.ts'
import { isFromWorker, type FromWorker, type LogFields, type ToWorker } from './messages.ts'
import { RespawnPolicy } from './respawn.ts'

export interface SupervisorOptions {
  readonly count: number
  /** Starts a process with a channel. */
  readonly fork: () => ChildProcess
  readonly begin: Extract<ToWorker, { readonly kind: 'begin' }>
  readonly joinKept: JoinKept
  /** For people, when there is no worker that could log it. */
  readonly say: (text: string) => void
}

/** Workers cannot be started, or do not stay. `text` is for people. */
export class WorkersFailed extends Error {
  readonly exitCode: number

  constructor(text: string, exitCode: number) {
    super(text)
    this.name = 'WorkersFailed'
    this.exitCode = exitCode
  }
}

interface Drained {
  readonly finished: number
  readonly cut: number
}

/** How a process that was killed or ended without a word counts. */
const FAILURE = 1

/** Keeps so many workers alive, hands them connections, and passes on what they have to say to each other. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #hub: Hub
  readonly #handover = new Handover()
  readonly #respawn = new RespawnPolicy()
  readonly #workers = new Set<Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #failed = Promise.withResolvers<never>()
  readonly #drained: Drained[] = []
  #leader: Worker | null = null
  #onGone: (() => void) | null = null
  #started = false
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#hub = new Hub(options.joinKept)
    this.#failed.promise.catch(() => {})
  }

  /** Resolves with what a worker says of itself when all of them serve. Rejects with WorkersFailed when one cannot. */
  async start(): Promise<JsonValue> {
    const ready = Array.from({ length: this.#options.count }, () => this.#fork().ready)
    const [summary] = await Promise.race([Promise.all(ready), this.#failed.promise])
    this.#started = true
    return summary ?? null
  }

  /** Rejects with WorkersFailed when workers do not stay alive; never resolves. */
  failed(): Promise<never> {
    return this.#failed.promise
  }

  /** A new connection, of which nothing was read. */
  give(socket: Socket, listener: number): void {
    this.#handover.give(socket, listener)
  }

  /** Tells all workers to read the config again. */
  reload(): void {
    for (const [position, worker] of this.#serving().entries()) {
      worker.send({ kind: 'reload', announce: position === 0 })
    }
  }

  /** Lets the workers finish what is under way; resolves when all are gone. To be called when no connection comes any more. */
  async drain(): Promise<Drained> {
    await this.#handover.empty()
    this.beginDrain()
    if (this.#workers.size > 0) await new Promise<void>((resolve) => (this.#onGone = resolve))
    this.#handover.close()
    const sum = (field: keyof Drained): number => this.#drained.reduce((total, each) => total + each[field], 0)
    return { finished: sum('finished'), cut: sum('cut') }
  }

  /** Workers say from now on that they are about to stop, and still take what they are given during their grace. */
  beginDrain(): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const worker of this.#workers) worker.send({ kind: 'drain' })
  }

  /** Ends everything now. */
  kill(): void {
    this.#stopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#handover.close()
    for (const worker of this.#workers) worker.kill()
  }

  #fork(): Worker {
    const worker = new Worker(this.#options.fork(), {
      received: (message) => this.#received(worker, message),
      ended: (how) => this.#ended(worker, how),
    })
    this.#workers.add(worker)
    worker.send(this.#options.begin)
    return worker
  }

  #received(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        worker.becomeReady(message.summary)
        this.#hub.join(worker)
        if (!this.#stopping) this.#handover.join(worker)
        this.#appoint()
        return
      case 'failed':
        if (!this.#started) this.#failed.reject(new WorkersFailed(message.text, message.exitCode))
        else this.#log('warn', 'a new worker cannot start', { reason: message.text })
        return
      case 'took':
        this.#handover.taken(message.id)
        return
      case 'drained':
        this.#drained.push(message)
        return
      case 'tell':
      case 'keep':
      case 'ask':
      case 'answer':
        this.#hub.receive(worker, message)
        return
      default:
        message satisfies never
    }
  }

  #ended(worker: Worker, how: string): void {
    this.#workers.delete(worker)
    this.#hub.leave(worker)
    this.#handover.leave(worker)
    if (this.#leader === worker) this.#leader = null
    this.#appoint()
    if (this.#workers.size === 0) this.#onGone?.()
    if (this.#stopping) return
    if (!this.#started) {
      this.#failed.reject(new WorkersFailed(`A worker ended ${how} before it could serve.`, FAILURE))
      return
    }
    const wait = this.#respawn.next(performance.now() - worker.startedAt)
    // What keeps the new ones from starting, a config that is wrong by now, is no reason to end those that serve.
    if (this.#respawn.hopeless && this.#serving().length === 0) {
      this.#failed.reject(new WorkersFailed(`Workers end again and again, the last one ${how}.`, FAILURE))
      return
    }
    this.#replace(worker, how, wait)
  }

  /** While any worker serves, one of them leads, and no other. */
  #appoint(): void {
    const [next] = this.#serving()
    if (this.#leader !== null || next === undefined) return
    this.#leader = next
    next.send({ kind: 'lead' })
  }

  #replace({ pid }: Worker, how: string, wait: number): void {
    this.#log('warn', 'a worker ended and is replaced', { pid, how, wait })
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      const worker = this.#fork()
      void worker.ready.then(() => this.#log('info', 'a worker took the place of one that ended', { pid: worker.pid }))
    }, wait)
    this.#timers.add(timer)
  }

  #log(level: 'info' | 'warn', text: string, fields: LogFields): void {
    const [worker] = this.#serving()
    if (worker === undefined) this.#options.say(`${text}: ${JSON.stringify(fields)}`)
    else worker.send({ kind: 'log', level, text, fields })
  }

  #serving(): readonly Worker[] {
    return [...this.#workers].filter(({ isReady }) => isReady)
  }
}

interface WorkerEvents {
  readonly received: (message: FromWorker) => void
  /** `how`: "with code 1", "by SIGKILL". */
  readonly ended: (how: string) => void
}

/** One process. */
class Worker implements HubMember, Taker {
  readonly startedAt = performance.now()
  readonly ready: Promise<JsonValue>
  isReady = false
  readonly #process: ChildProcess
  readonly #resolveReady: (summary: JsonValue) => void

  constructor(child: ChildProcess, { received, ended }: WorkerEvents) {
    const { promise, resolve } = Promise.withResolvers<JsonValue>()
    this.ready = promise
    this.#resolveReady = resolve
    this.#process = child
    child.on('message', (message: unknown) => {
      if (isFromWorker(message)) received(message)
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
}
