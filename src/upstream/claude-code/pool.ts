import type { OriginStats } from '../transport.ts'
import type { Conversation } from './conversation.ts'
import type { Refusal } from './errors.ts'
import { refusal } from './errors.ts'
import type { Guard } from './guard.ts'
import type { Launch } from './launch.ts'
import { ProgramProcess } from './program-process.ts'
import type { ClaudeCodeSettings } from './settings.ts'
import type { Workplaces } from './workplace.ts'

/** A request that needs a process. One of the three is called, once, unless it leaves before. */
export interface Applicant {
  readonly program: string
  readonly launch: Launch
  ready(process: ProgramProcess): void
  refused(refusal: Refusal): void
  /** No process can be started. For the operator. */
  failed(detail: string): void
}

interface Parked {
  readonly conversation: Conversation
  readonly timer: NodeJS.Timeout
}

interface Spare {
  readonly process: ProgramProcess
  readonly timer: NodeJS.Timeout
}

/** Seconds after which a client that was sent away may try again. */
const COME_BACK = 1

/**
 * The processes of one provider, bounded: those that answer, those whose conversations wait for their clients, and one
 * that was started ahead and holds no conversation yet. Who waits longest for a client makes room for a request.
 */
export class ProcessPool {
  readonly #workplaces: Workplaces
  readonly #guard: Guard
  readonly #processes = new Set<ProgramProcess>()
  /** By name of the conversation, longest waiting first. */
  readonly #parked = new Map<string, Parked>()
  readonly #applicants: Applicant[] = []
  #settings: ClaudeCodeSettings
  #spare: Spare | null = null
  /** What the last request wanted: most are like the one before. */
  #last: Pick<Applicant, 'program' | 'launch'> | null = null
  #ending = 0
  #closed = false
  readonly #counts = { opened: 0, closed: 0, requests: 0, errors: 0 }

  constructor(settings: ClaudeCodeSettings, workplaces: Workplaces, guard: Guard) {
    this.#settings = settings
    this.#workplaces = workplaces
    this.#guard = guard
  }

  get settings(): ClaudeCodeSettings {
    return this.#settings
  }

  /** After a reload. What was started under other settings ends with its turn. */
  adopt(settings: ClaudeCodeSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return
    this.#settings = settings
    this.#last = null
    this.#endIdle()
    this.#serve()
  }

  /** The conversation of this name, if it waits here. It is the caller's then. */
  unpark(name: string): Conversation | null {
    const parked = this.#parked.get(name)
    if (parked === undefined) return null
    clearTimeout(parked.timer)
    this.#parked.delete(name)
    const { conversation } = parked
    if (!conversation.process.alive || conversation.process.ending) return null
    this.#counts.requests++
    return conversation
  }

  /** A process for a request: at once, when one is free, or never. */
  apply(applicant: Applicant): void {
    this.#last = applicant
    this.#applicants.push(applicant)
    this.#serve()
    const { processes, queue } = this.#settings
    if (this.#applicants.length <= queue + this.#ending || !this.#applicants.includes(applicant)) return
    this.leave(applicant)
    const message = `All ${processes} processes of Claude Code are busy, and ${queue} requests wait for one.`
    applicant.refused(refusal(429, message, COME_BACK))
  }

  leave(applicant: Applicant): void {
    const place = this.#applicants.indexOf(applicant)
    if (place !== -1) this.#applicants.splice(place, 1)
  }

  /** The conversation waits for its client's next request, for a while. */
  park(name: string, conversation: Conversation): void {
    this.#drop(name)
    if (this.#closed) {
      this.#end(conversation.process)
      return
    }
    const timer = setTimeout(() => this.#drop(name), this.#settings.idleTimeout).unref()
    this.#parked.set(name, { conversation, timer })
    this.#serve()
    this.#prepare()
  }

  /** Nothing can follow in this process. */
  dismiss(process: ProgramProcess): void {
    process.kill()
    this.#ending = this.#countEnding()
  }

  /** Ends what waits for clients now, and the rest with its turns. */
  async close(): Promise<void> {
    this.#closed = true
    this.#endIdle()
    for (const applicant of this.#applicants.splice(0)) {
      applicant.refused(refusal(529, 'The gateway is shutting down.'))
    }
    await Promise.all([...this.#processes].map(({ gone }) => gone))
  }

  stats(origin: string): OriginStats {
    const free = this.#parked.size + (this.#spare === null ? 0 : 1)
    const connected = this.#processes.size
    return { origin, connected, running: connected - free, free, pending: this.#applicants.length, ...this.#counts }
  }

  /** Gives processes to those who wait, as long as there are some or room for some. */
  #serve(): void {
    for (let first = this.#applicants[0]; first !== undefined; first = this.#applicants[0]) {
      const process = this.#takeSpare(first.launch) ?? this.#start(first)
      if (process === null) break
      this.#applicants.shift()
      this.#counts.requests++
      if (process instanceof Error) first.failed(process.message)
      else first.ready(process)
    }
    while (this.#ending < this.#applicants.length && this.#makeRoom());
  }

  #takeSpare({ key }: Launch): ProgramProcess | null {
    if (this.#spare?.process.launchKey !== key) return null
    const { process, timer } = this.#spare
    clearTimeout(timer)
    this.#spare = null
    return process.alive ? process : null
  }

  /** Null: there is no room. An error: the system has none, on its disk or for processes. */
  #start({ program, launch }: Pick<Applicant, 'program' | 'launch'>): ProgramProcess | Error | null {
    if (this.#closed || this.#processes.size >= this.#settings.processes) return null
    try {
      const workplace = this.#workplaces.take(this.#settings.workingFolder)
      const process = new ProgramProcess(program, launch, workplace, this.#guard)
      this.#processes.add(process)
      this.#counts.opened++
      void process.gone.then(() => this.#gone(process))
      return process
    } catch (thrown) {
      this.#counts.errors++
      return thrown instanceof Error ? thrown : new TypeError(String(thrown))
    }
  }

  #gone(process: ProgramProcess): void {
    this.#processes.delete(process)
    this.#counts.closed++
    this.#ending = this.#countEnding()
    const parked = [...this.#parked].find(([, { conversation }]) => conversation.process === process)
    if (parked !== undefined) this.#drop(parked[0])
    if (!process.wasEnded) this.#counts.errors++
    // It died by itself, and another would do so too.
    if (this.#spare?.process === process) this.#endSpareForGood()
    this.#serve()
    this.#prepare()
  }

  /** One process ends that only waits. False: all are at work. */
  #makeRoom(): boolean {
    if (this.#spare !== null) {
      this.#endSpare()
      return true
    }
    const [longest] = this.#parked.keys()
    if (longest === undefined) return false
    this.#drop(longest)
    return true
  }

  /** Starts one process ahead; where there is no room, in place of the conversation that waits longest for more talk. */
  #prepare(): void {
    if (this.#last === null || this.#applicants.length > 0 || this.#closed) return
    if (this.#spare?.process.launchKey === this.#last.launch.key) return
    this.#endSpare()
    const process = this.#start(this.#last)
    if (process instanceof Error) return
    if (process !== null) {
      const timer = setTimeout(() => this.#endSpareForGood(), this.#settings.idleTimeout).unref()
      this.#spare = { process, timer }
      return
    }
    const waiting = [...this.#parked].slice(0, -1).find(([, { conversation }]) => conversation.calls.length === 0)
    if (waiting !== undefined && this.#ending === 0) this.#drop(waiting[0])
  }

  #drop(name: string): void {
    const parked = this.#parked.get(name)
    if (parked === undefined) return
    clearTimeout(parked.timer)
    this.#parked.delete(name)
    this.#end(parked.conversation.process)
  }

  #endSpare(): void {
    if (this.#spare === null) return
    clearTimeout(this.#spare.timer)
    this.#end(this.#spare.process)
    this.#spare = null
  }

  /** None is started again before the next request. */
  #endSpareForGood(): void {
    this.#last = null
    this.#endSpare()
  }

  #endIdle(): void {
    this.#endSpare()
    for (const name of this.#parked.keys()) this.#drop(name)
  }

  #end(process: ProgramProcess): void {
    process.end()
    this.#ending = this.#countEnding()
  }

  #countEnding(): number {
    return [...this.#processes].filter(({ ending }) => ending).length
  }
}
