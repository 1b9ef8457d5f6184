import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { JsonValue } from '../lib/json.ts'
import { Handover } from './handover.ts'
import { Hub, type JoinKept } from './hub.ts'
import type { FromWorker, LogFields, Replaced, ToWorker } from './messages.ts'
import { RespawnPolicy } from './respawn.ts'
import { SilenceWatch } from './silence-watch.ts'
import { Worker } from './worker.ts'

export interface SupervisorOptions {
  readonly count: number
  /** Milliseconds of silence from which on a worker hangs; 0: it never does. */
  readonly silenceLimit: number
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
  readonly #watch: SilenceWatch<Worker>
  readonly #workers = new Set<Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #failed = Promise.withResolvers<never>()
  readonly #drained: Drained[] = []
  #leader: Worker | null = null
  #replaced: Replaced = { total: 0, hung: 0 }
  #onGone: (() => void) | null = null
  #started = false
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#hub = new Hub(options.joinKept)
    this.#watch = new SilenceWatch({
      limit: options.silenceLimit,
      now: () => performance.now(),
      ask: (worker) => worker.send({ kind: 'check' }),
      hangs: (worker, silence) => this.#giveUp(worker, silence),
    })
    this.#failed.promise.catch(() => {})
  }

  /** Resolves with what a worker says of itself when all of them serve. Rejects with WorkersFailed when one cannot. */
  async start(): Promise<JsonValue> {
    this.#watch.start()
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
    this.#watch.stop()
    for (const worker of this.#workers) worker.kill()
  }

  #fork(): Worker {
    const worker = new Worker(this.#options.fork(), {
      received: (message) => this.#received(worker, message),
      missed: () => this.#handover.missed(worker),
      ended: (how) => this.#ended(worker, how),
    })
    this.#workers.add(worker)
    this.#watch.add(worker)
    worker.send(this.#options.begin)
    return worker
  }

  #received(worker: Worker, message: FromWorker): void {
    this.#watch.heard(worker)
    switch (message.kind) {
      case 'ready':
        if (!worker.isLost) this.#becomeReady(worker, message.summary)
        return
      case 'alive':
        return
      case 'away':
        this.#watch.away(worker)
        if (message.blocks) this.#handover.pause(worker)
        return
      case 'back':
        this.#watch.serves(worker)
        if (!worker.isLost) this.#handover.join(worker)
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

  #becomeReady(worker: Worker, summary: JsonValue): void {
    worker.becomeReady(summary)
    worker.send({ kind: 'replaced', ...this.#replaced })
    this.#watch.serves(worker)
    this.#hub.join(worker)
    if (!this.#stopping) this.#handover.join(worker)
    this.#appoint()
  }

  /** It hangs. What it was given and never took goes to others when it is gone: only then can it not take it after all. */
  #giveUp(worker: Worker, silence: number): void {
    this.#handover.pause(worker)
    worker.giveUp()
    if (this.#leader === worker) this.#leader = null
    this.#appoint()
    this.#log('warn', 'a worker hangs and is killed', { pid: worker.pid, silence })
  }

  #ended(worker: Worker, how: string): void {
    this.#workers.delete(worker)
    this.#watch.remove(worker)
    this.#hub.leave(worker)
    this.#handover.leave(worker)
    if (this.#leader === worker) this.#leader = null
    this.#appoint()
    if (this.#stopping) {
      if (this.#workers.size === 0) this.#allGone()
      return
    }
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

  /** Nobody is left, or comes, who could take a connection. */
  #allGone(): void {
    this.#handover.close()
    this.#onGone?.()
  }

  /** While any worker serves, one of them leads, and no other. */
  #appoint(): void {
    const [next] = this.#serving()
    if (this.#leader !== null || next === undefined) return
    this.#leader = next
    next.send({ kind: 'lead' })
  }

  #replace({ pid, isLost }: Worker, how: string, wait: number): void {
    this.#replaced = { total: this.#replaced.total + 1, hung: this.#replaced.hung + Number(isLost) }
    for (const other of this.#serving()) other.send({ kind: 'replaced', ...this.#replaced })
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
