import type { Contestant, Place, Running } from '../gateways/contestant.ts'
import type { Kind } from '../scenarios.ts'
import type { Tools } from '../tools.ts'
import { GATEWAY_CORE } from '../tools.ts'

/** What one measurement gives, by name: `cpu` in microseconds, times in milliseconds, memory in MB unless the name says KB. */
export type Values = Readonly<Record<string, number>>

/** One line of the table: a kind of work, measured with each gateway in each round. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly kind: Kind
  /** A short run leaves these out. */
  readonly slow: boolean
  /** Rounds, where the row has its own number. */
  readonly rounds?: number
  takes(contestant: Contestant): boolean
  /** What is wrong with a gateway's answer, or null: only right answers are measured. */
  check(contestant: Contestant, bench: Bench): Promise<string | null>
  /** Null where this round could not be measured. */
  measure(contestant: Contestant, bench: Bench): Promise<Values>
}

export interface BenchOptions {
  /** Milliseconds of one measurement. */
  readonly duration: number
  /** Minutes of the soak. */
  readonly minutes: number
}

export interface Started {
  readonly running: Running
  readonly port: number
}

/** The machine under the rows: the far end, and gateways that are started when a row first needs them. */
export class Bench {
  readonly tools: Tools
  readonly options: BenchOptions
  readonly farEndPort: number
  readonly #shared = new Map<Contestant, Promise<Started>>()
  #nextPort: number

  constructor(tools: Tools, options: BenchOptions, farEndPort: number) {
    this.tools = tools
    this.options = options
    this.farEndPort = farEndPort
    this.#nextPort = farEndPort + 1
  }

  /** The process of a gateway that all load rows share. */
  shared(contestant: Contestant): Promise<Started> {
    let started = this.#shared.get(contestant)
    if (started === undefined) {
      started = this.fresh(contestant)
      this.#shared.set(contestant, started)
    }
    return started
  }

  /** A process of its own; the caller stops it. */
  async fresh(contestant: Contestant, cores: string | null = GATEWAY_CORE): Promise<Started> {
    const place = this.place(cores)
    const port = contestant.name === 'direct' ? this.farEndPort : place.port
    return { running: await contestant.start(place), port }
  }

  place(cores: string | null): Place {
    return { port: this.#nextPort++, farEnd: this.farEndPort, cores }
  }

  /** Nothing of the shared ones may run beside a gateway whose core, memory or start is measured. */
  async stopShared(): Promise<void> {
    const all = [...this.#shared.values()]
    this.#shared.clear()
    for (const started of all) {
      const { running } = await started.catch(() => ({ running: null }))
      await running?.stop()
    }
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

export function megabytes(bytes: number): number {
  return bytes / 1024 / 1024
}
