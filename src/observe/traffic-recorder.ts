import { CleanNames } from './clean-names.ts'
import { BUCKET_COUNT, Histogram } from './histogram.ts'
import { ModelMeter } from './model-usage.ts'
import type { UsageByModel } from './model-usage.ts'
import type { AttemptRecord, ExchangeRecord, Observer } from './observer.ts'
import { PassingObserver } from './passing-observer.ts'
import { Recent } from './recent.ts'
import { isError, RequestJournal } from './request-journal.ts'
import { Tally } from './tally.ts'
import { add, OUTCOMES, PROVIDER, TRAFFIC, zeros } from './traffic-counts.ts'
import type { TrafficCounts } from './traffic-counts.ts'

/** Providers in the config, and protocols, are few; of a provider no more models are counted apart. */
const MOST_NAMES = 100

/** What happened since the start, in numbers that one can subtract. */
export interface TrafficTotals {
  readonly requests: number
  readonly errors: number
  /** Requests that got as far as an exchange; the times are theirs. */
  readonly served: number
  /** Milliseconds. */
  readonly milliseconds: number
  /** As in `Histogram`. */
  readonly buckets: Float64Array
  /** The same of the times to the first token of streams. */
  readonly firstToken: Float64Array
  readonly inputTokens: number
  readonly outputTokens: number
}

interface ProviderTraffic {
  readonly counts: Record<(typeof PROVIDER)[number], number>
  readonly models: Tally<ModelMeter>
}

/** Counts what it is told, and passes it on. */
export class TrafficRecorder extends PassingObserver {
  readonly #now: () => number
  readonly #counts = zeros(TRAFFIC)
  readonly #outcomes = new Tally(MOST_NAMES, () => zeros(OUTCOMES))
  readonly #providers = new Tally(MOST_NAMES, (): ProviderTraffic => ({
    counts: zeros(PROVIDER),
    models: new Tally(MOST_NAMES, () => new ModelMeter()),
  }))
  readonly #errors = new Tally(MOST_NAMES, () => ({ count: 0 }))
  readonly #wholeDuration = new Histogram()
  readonly #streamDuration = new Histogram()
  readonly #wholeFirstByte = new Histogram()
  readonly #streamFirstByte = new Histogram()
  readonly #firstToken = new Histogram()
  readonly #recent: Recent

  readonly #names: CleanNames
  #onNext: (() => void) | null = null
  /** The last requests, one by one. */
  readonly journal: RequestJournal

  /** `now` gives monotonic milliseconds. `clean` takes out of a text what must not be shown. */
  constructor(next: Observer, now: () => number, clean?: (text: string) => string) {
    super(next)
    this.#now = now
    this.#recent = new Recent(now)
    this.#names = new CleanNames(clean)
    this.journal = new RequestJournal(this.#names, { now, wallClock: () => Date.now() })
  }

  override exchange(record: ExchangeRecord): void {
    const now = this.#now()
    this.#wake()
    this.#count(record, now)
    this.journal.add(record, now)
    super.exchange(record)
  }

  override attemptFailed(record: AttemptRecord): void {
    const { deployment } = record
    this.#providers.of(deployment.slice(0, deployment.indexOf('/'))).counts.failedAttempts++
    super.attemptFailed(record)
  }

  counts(): TrafficCounts {
    return {
      ...this.#counts,
      outcomes: copied(this.#outcomes.entries()),
      errors: Object.fromEntries(this.#errors.entries().map(([code, { count }]) => [code, count])),
      providers: copied(this.#providers.entries().map(([name, { counts }]) => [name, counts])),
      models: this.usage(),
      wholeDuration: this.#wholeDuration.counts(),
      streamDuration: this.#streamDuration.counts(),
      wholeFirstByte: this.#wholeFirstByte.counts(),
      streamFirstByte: this.#streamFirstByte.counts(),
      firstToken: this.#firstToken.counts(),
      recent: this.#recent.counts(),
    }
  }

  /** Calls back once, when the next request is over. */
  onNext(callback: () => void): void {
    this.#onNext = callback
  }

  /** What somebody has to pay for. */
  usage(): UsageByModel {
    return Object.fromEntries(
      this.#providers.entries().map(([name, { models }]) => {
        const counts = models.entries().map(([model, meter]) => [model, meter.counts()] as const)
        return [name, Object.fromEntries(counts)]
      }),
    )
  }

  totals(): TrafficTotals {
    const outcomes = add(
      OUTCOMES,
      this.#outcomes.entries().map(([, counts]) => counts),
    )
    const { input, output } = add(
      PROVIDER,
      this.#providers.entries().map(([, { counts }]) => counts),
    )
    const buckets = new Float64Array(BUCKET_COUNT)
    const firstToken = new Float64Array(BUCKET_COUNT)
    this.#firstToken.addTo(firstToken)
    this.#wholeDuration.addTo(buckets)
    this.#streamDuration.addTo(buckets)
    const errors = outcomes.failed + outcomes.upstream_truncated + outcomes.rejected
    return {
      requests: outcomes.complete + outcomes.client_closed + errors,
      errors,
      served: buckets.reduce((sum, count) => sum + count, 0),
      milliseconds: this.#wholeDuration.sum + this.#streamDuration.sum,
      buckets,
      firstToken,
      inputTokens: input,
      outputTokens: output,
    }
  }

  #wake(): void {
    const callback = this.#onNext
    if (callback === null) return
    this.#onNext = null
    callback()
  }

  #count(record: ExchangeRecord, now: number): void {
    const { status, duration, stream, errorCode, timeToFirstByte, timeToFirstToken } = record
    const counts = this.#counts
    const served = record.operation !== 'none'
    this.#outcomes.of(record.protocol)[status]++
    const waited = stream && timeToFirstByte !== null ? timeToFirstByte : duration
    this.#recent.add(now, served ? duration : null, waited, isError(record))
    if (timeToFirstToken !== null) this.#countFirstToken(timeToFirstToken, now)
    if (errorCode !== null) this.#errors.of(errorCode).count++
    if (stream) counts.streaming++
    if (served) (stream ? this.#streamDuration : this.#wholeDuration).add(duration)
    if (timeToFirstByte !== null) (stream ? this.#streamFirstByte : this.#wholeFirstByte).add(timeToFirstByte)
    counts.losses += record.losses.length
    counts.requestBytes += record.requestBytes
    counts.replyBytes += record.replyBytes
    if (record.provider !== null) this.#countProvider(record.provider, record)
  }

  #countFirstToken(time: number, now: number): void {
    this.#firstToken.add(time)
    this.#recent.addFirstToken(now, time)
  }

  #countProvider(provider: string, { model, usage, attempts, billed }: ExchangeRecord): void {
    if (attempts === 0 || !billed) return
    const { counts, models } = this.#providers.of(provider)
    if (model !== null) models.of(this.#names.of(model)).add(usage)
    counts.requests++
    if (usage === null) return
    counts.input += usage.input.total
    counts.cacheRead += usage.input.cacheRead
    counts.cacheWrite += usage.input.cacheWrite
    counts.output += usage.output.total
    counts.reasoning += usage.output.reasoning
  }
}

function copied<T extends object>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.map(([name, counts]) => [name, { ...counts }]))
}
