import { Histogram } from './histogram.ts'
import type { AttemptRecord, ExchangeRecord, Observer } from './observer.ts'
import { Recent } from './recent.ts'
import { Tally } from './tally.ts'
import type { Tracer } from './tracer.ts'
import { OUTCOMES, PROVIDER, TRAFFIC, zeros } from './traffic-counts.ts'
import type { TrafficCounts } from './traffic-counts.ts'

/** Providers in the config, and protocols, are few. */
const MOST_NAMES = 100

type Fields = Readonly<Record<string, string | number | boolean>>

/** Counts what it is told, and passes it on. */
export class TrafficRecorder implements Observer {
  readonly #next: Observer
  readonly #counts = zeros(TRAFFIC)
  readonly #outcomes = new Tally(MOST_NAMES, () => zeros(OUTCOMES))
  readonly #providers = new Tally(MOST_NAMES, () => zeros(PROVIDER))
  readonly #errors = new Tally(MOST_NAMES, () => ({ count: 0 }))
  readonly #wholeDuration = new Histogram()
  readonly #streamDuration = new Histogram()
  readonly #firstByte = new Histogram()
  readonly #recent: Recent

  /** `now` gives monotonic milliseconds. */
  constructor(next: Observer, now: () => number) {
    this.#next = next
    this.#recent = new Recent(now)
  }

  get tracer(): Tracer {
    return this.#next.tracer
  }

  exchange(record: ExchangeRecord): void {
    this.#count(record)
    this.#next.exchange(record)
  }

  attemptFailed(record: AttemptRecord): void {
    const { deployment } = record
    this.#providers.of(deployment.slice(0, deployment.indexOf('/'))).failedAttempts++
    this.#next.attemptFailed(record)
  }

  warn(requestId: string | null, text: string, fields?: Fields): void {
    this.#next.warn(requestId, text, fields)
  }

  error(requestId: string | null, text: string, cause: unknown): void {
    this.#next.error(requestId, text, cause)
  }

  debug(requestId: string | null, text: string, fields?: Fields): void {
    this.#next.debug(requestId, text, fields)
  }

  counts(): TrafficCounts {
    return {
      ...this.#counts,
      outcomes: copied(this.#outcomes.entries()),
      errors: Object.fromEntries(this.#errors.entries().map(([code, { count }]) => [code, count])),
      providers: copied(this.#providers.entries()),
      wholeDuration: this.#wholeDuration.counts(),
      streamDuration: this.#streamDuration.counts(),
      firstByte: this.#firstByte.counts(),
      recent: this.#recent.counts(),
    }
  }

  #count(record: ExchangeRecord): void {
    const { status, duration, stream, errorCode, timeToFirstByte } = record
    const counts = this.#counts
    const served = record.operation !== 'none'
    this.#outcomes.of(record.protocol)[status]++
    this.#recent.add(served ? duration : null, isError(record))
    if (errorCode !== null) this.#errors.of(errorCode).count++
    if (stream) counts.streaming++
    if (served) (stream ? this.#streamDuration : this.#wholeDuration).add(duration)
    if (timeToFirstByte !== null) this.#firstByte.add(timeToFirstByte)
    counts.losses += record.losses.length
    counts.requestBytes += record.requestBytes
    counts.replyBytes += record.replyBytes
    if (record.provider !== null) this.#countProvider(record.provider, record)
  }

  #countProvider(provider: string, { usage, attempts, billed }: ExchangeRecord): void {
    if (attempts === 0 || !billed) return
    const counts = this.#providers.of(provider)
    counts.requests++
    if (usage === null) return
    counts.input += usage.input.total
    counts.cacheRead += usage.input.cacheRead
    counts.cacheWrite += usage.input.cacheWrite
    counts.output += usage.output.total
    counts.reasoning += usage.output.reasoning
  }
}

/** An answer that is an error. A client that left got none. */
function isError({ status }: ExchangeRecord): boolean {
  return status !== 'complete' && status !== 'client_closed'
}

function copied<T extends object>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.map(([name, counts]) => [name, { ...counts }]))
}
