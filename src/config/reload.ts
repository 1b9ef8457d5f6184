import type { Config } from './config.ts'
import type { LoadedConfig } from './load.ts'
import { ConfigError, type ConfigProblem, hasErrors, problemWithoutPlace } from './problem.ts'

export interface ReloaderOptions<Snapshot> {
  load(): Promise<LoadedConfig>
  /** Makes everything that the config asks for. Whatever it throws keeps the old snapshot. */
  build(loaded: LoadedConfig): Snapshot | Promise<Snapshot>
  /** The swap: after this call new requests use `next`. `previous` still serves those in flight. */
  swap(next: Snapshot, previous: Snapshot): void
  report(report: ReloadReport): void
}

export interface ReloadReport {
  /** False: the old snapshot goes on. */
  readonly swapped: boolean
  readonly problems: readonly ConfigProblem[]
  /** Keys that changed, but of which the running process cannot take the new value. */
  readonly needRestart: readonly string[]
}

/** Replaces a running snapshot by one from the changed config, as a whole or not at all. One reload at a time. */
export class Reloader<Snapshot> {
  readonly #options: ReloaderOptions<Snapshot>
  #snapshot: Snapshot
  #config: Config
  #running: Promise<void> | null = null
  #taken = 0
  #refused = 0
  #isOutdated = false
  #again = false

  constructor(options: ReloaderOptions<Snapshot>, snapshot: Snapshot, config: Config) {
    this.#options = options
    this.#snapshot = snapshot
    this.#config = config
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** Configs that were taken up and refused, and 1 while the one in use is older than the last one that was read. */
  get counts(): { readonly taken: number; readonly refused: number; readonly outdated: number } {
    return { taken: this.#taken, refused: this.#refused, outdated: Number(this.#isOutdated) }
  }

  /** Resolves when the config as it was at the time of this call, or later, is in use or was refused. Never rejects. */
  reload(): Promise<void> {
    if (this.#running !== null) {
      // The running one may have read the file before the change that this call is about.
      this.#again = true
      return this.#running
    }
    this.#running = this.#run().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      const report = await this.#once()
      this.#isOutdated = !report.swapped
      if (report.swapped) this.#taken++
      else this.#refused++
      this.#options.report(report)
    } while (this.#again)
  }

  async #once(): Promise<ReloadReport> {
    try {
      const loaded = await this.#options.load()
      if (hasErrors(loaded.problems)) return { swapped: false, problems: loaded.problems, needRestart: [] }
      const next = await this.#options.build(loaded)
      const previous = this.#snapshot
      const needRestart = restartKeys(this.#config, loaded.config)
      this.#snapshot = next
      this.#config = loaded.config
      this.#options.swap(next, previous)
      return { swapped: true, problems: loaded.problems, needRestart }
    } catch (error) {
      return { swapped: false, problems: problemsOf(error), needRestart: [] }
    }
  }
}

function problemsOf(error: unknown): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems
  const text = error instanceof Error ? error.message : String(error)
  return [problemWithoutPlace({ severity: 'error', message: `the new config cannot be used: ${text}` })]
}

/** Keys of which a process uses the value that it started with: the sockets stand, and the log is open. */
function restartKeys(before: Config, after: Config): readonly string[] {
  const changed = (name: string, old: unknown, now: unknown): string[] =>
    JSON.stringify(old) === JSON.stringify(now) ? [] : [name]
  return [
    ...changed('server.host', before.server.host, after.server.host),
    ...changed('server.port', before.server.ports, after.server.ports),
    ...changed('server.engine', before.server.engine, after.server.engine),
    ...changed('server.tls', before.server.tls !== null, after.server.tls !== null),
    ...(before.server.tls !== null && after.server.tls !== null
      ? changed(
          'server.tls.clientCertificates',
          before.server.tls.clientCertificates,
          after.server.tls.clientCertificates,
        )
      : []),
    ...changed('server.http2', before.server.http2, after.server.http2),
    ...changed('upstream', before.upstream, after.upstream),
    ...changed('sessions.store', before.sessions.store, after.sessions.store),
    ...changed('sessions.redis', before.sessions.redis, after.sessions.redis),
    ...changed('reasoning.store', before.reasoning.store, after.reasoning.store),
    ...changed('redis', before.redis, after.redis),
    ...changed('server.counters', before.server.counters, after.server.counters),
    ...changed('server.secret', before.server.secret, after.server.secret),
    ...changed('auth.store', before.auth.store, after.auth.store),
    ...changed('server.workers', before.server.workers, after.server.workers),
    ...changed('server.workerTimeout', before.server.workerTimeout, after.server.workerTimeout),
    ...changed('logging.file', before.logging.file, after.logging.file),
    ...changed('logging.pretty', before.logging.pretty, after.logging.pretty),
  ]
}
