import { BUCKET_COUNT, quantile } from './histogram.ts'
import type { SeriesPoint } from './overview.ts'
import type { TrafficTotals } from './traffic-recorder.ts'

/** Seconds from point to point. */
export const SERIES_INTERVAL = 10
/** Points that are kept: two and three quarter hours. */
export const KEPT_POINTS = 1000

/** What is added up over processes. */
const SUMS = [
  'requests',
  'errors',
  'served',
  'milliseconds',
  'inputTokens',
  'outputTokens',
  'dollars',
  'rss',
  'heapUsed',
  'inFlight',
] as const
/** What is the same in all processes, or bad enough where it is worst. */
const WORST = ['sessions', 'loopLag'] as const
const FIELDS = ['time', ...SUMS, ...WORST] as const

/** One process within one interval. */
export interface SeriesSample extends Readonly<Record<(typeof FIELDS)[number], number>> {
  /** Pairs of a bucket of `Histogram` and its count. */
  readonly buckets: readonly number[]
  /** The same of the times to the first token of streams. */
  readonly firstToken: readonly number[]
}

/** What there is at one moment. */
export interface SeriesSources {
  readonly traffic: () => TrafficTotals
  /** Picodollars since the start. Never rejects. */
  readonly spent: () => Promise<bigint>
  readonly memory: () => { readonly rss: number; readonly heapUsed: number }
  readonly inFlight: () => number
  readonly sessions: () => number
  /** Milliseconds that the event loop was late since this was last asked. `isIdle`: nobody has waited for it meanwhile. */
  readonly loopLag: (isIdle: boolean) => number
  /** Unix milliseconds. */
  readonly wallClock: () => number
}

const MILLISECONDS = SERIES_INTERVAL * 1000
const PICODOLLARS = 1e12
const NO_BUCKETS = new Uint32Array(0)

/** How this process went: a look every ten seconds, at the same moments as in all other processes. */
export class SeriesRecorder {
  readonly #sources: SeriesSources
  readonly #rows = new Float64Array(KEPT_POINTS * FIELDS.length)
  readonly #buckets: Uint32Array[] = []
  readonly #firstToken: Uint32Array[] = []
  #count = 0
  #before: TrafficTotals
  #spentBefore = 0n
  #timer: NodeJS.Timeout | null = null

  constructor(sources: SeriesSources) {
    this.#sources = sources
    this.#before = sources.traffic()
  }

  /** Looks from now on. The timer keeps no process alive. */
  start(): void {
    this.stop()
    const untilNext = MILLISECONDS - (this.#sources.wallClock() % MILLISECONDS)
    this.#timer = setTimeout(() => {
      void this.sample()
      this.start()
    }, untilNext).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Looks now. */
  async sample(): Promise<void> {
    // A timer may be a little early or late; all processes are to tell the same time.
    const time = Math.round(this.#sources.wallClock() / MILLISECONDS) * MILLISECONDS
    const { traffic, spent: spending, memory, inFlight, sessions, loopLag } = this.#sources
    const isQuiet = traffic().requests === this.#before.requests
    const spent = isQuiet ? this.#spentBefore : await spending()
    const now = traffic()
    const before = this.#before
    this.#put(
      {
        time,
        requests: now.requests - before.requests,
        errors: now.errors - before.errors,
        served: now.served - before.served,
        milliseconds: now.milliseconds - before.milliseconds,
        inputTokens: now.inputTokens - before.inputTokens,
        outputTokens: now.outputTokens - before.outputTokens,
        dollars: Number(spent - this.#spentBefore) / PICODOLLARS,
        ...memory(),
        inFlight: inFlight(),
        sessions: sessions(),
        loopLag: loopLag(isQuiet && inFlight() === 0),
      },
      isQuiet ? NO_BUCKETS : difference(now.buckets, before.buckets),
      isQuiet ? NO_BUCKETS : difference(now.firstToken, before.firstToken),
    )
    this.#before = now
    this.#spentBefore = spent
  }

  /** Those since then, in Unix milliseconds; the oldest first. */
  since(time: number): readonly SeriesSample[] {
    const oldest = Math.max(0, this.#count - KEPT_POINTS)
    const numbers = Array.from({ length: this.#count - oldest }, (_, index) => (oldest + index) % KEPT_POINTS)
    return numbers.map((slot) => this.#sampleAt(slot)).filter((sample) => sample.time > time)
  }

  #put(fields: Readonly<Record<(typeof FIELDS)[number], number>>, buckets: Uint32Array, firstToken: Uint32Array): void {
    const slot = this.#count++ % KEPT_POINTS
    for (const [index, field] of FIELDS.entries()) this.#rows[slot * FIELDS.length + index] = fields[field]
    this.#buckets[slot] = buckets
    this.#firstToken[slot] = firstToken
  }

  #sampleAt(slot: number): SeriesSample {
    const at = (field: (typeof FIELDS)[number]): number => this.#rows[slot * FIELDS.length + FIELDS.indexOf(field)] ?? 0
    return {
      time: at('time'),
      requests: at('requests'),
      errors: at('errors'),
      served: at('served'),
      milliseconds: at('milliseconds'),
      inputTokens: at('inputTokens'),
      outputTokens: at('outputTokens'),
      dollars: at('dollars'),
      rss: at('rss'),
      heapUsed: at('heapUsed'),
      inFlight: at('inFlight'),
      sessions: at('sessions'),
      loopLag: at('loopLag'),
      buckets: [...(this.#buckets[slot] ?? NO_BUCKETS)],
      firstToken: [...(this.#firstToken[slot] ?? NO_BUCKETS)],
    }
  }
}

/** Several processes as one, the oldest point first. */
export function mergeSeries(processes: readonly (readonly SeriesSample[])[]): readonly SeriesPoint[] {
  const byTime = Map.groupBy(processes.flat(), ({ time }) => time)
  return [...byTime]
    .toSorted(([a], [b]) => a - b)
    .slice(-KEPT_POINTS)
    .map(([time, same]) => pointOf(time, same))
}

function pointOf(time: number, same: readonly SeriesSample[]): SeriesPoint {
  const sum = (field: (typeof SUMS)[number]): number => same.reduce((total, sample) => total + sample[field], 0)
  const worst = (field: (typeof WORST)[number]): number => Math.max(...same.map((sample) => sample[field]))
  const buckets = unpacked(same.map((sample) => sample.buckets))
  const firstToken = unpacked(same.map((sample) => sample.firstToken))
  const hadTokens = firstToken.some((count) => count > 0)
  const tokenTime = (share: number): number | null => (hadTokens ? rounded(quantile(firstToken, share)) : null)
  const served = sum('served')
  return {
    time,
    requests: sum('requests'),
    errors: sum('errors'),
    average: served === 0 ? 0 : rounded(sum('milliseconds') / served),
    p50: rounded(quantile(buckets, 0.5)),
    p95: rounded(quantile(buckets, 0.95)),
    p99: rounded(quantile(buckets, 0.99)),
    firstTokenP50: tokenTime(0.5),
    firstTokenP95: tokenTime(0.95),
    firstTokenP99: tokenTime(0.99),
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    dollars: sum('dollars'),
    rss: sum('rss'),
    heapUsed: sum('heapUsed'),
    inFlight: sum('inFlight'),
    sessions: worst('sessions'),
    loopLag: worst('loopLag'),
  }
}

/** Of what was counted between two moments, as pairs: most buckets are empty. */
function difference(now: Float64Array, before: Float64Array): Uint32Array {
  const pairs: number[] = []
  for (const [bucket, count] of now.entries()) {
    const more = count - (before[bucket] ?? 0)
    if (more > 0) pairs.push(bucket, more)
  }
  return Uint32Array.from(pairs)
}

function unpacked(list: readonly (readonly number[])[]): readonly number[] {
  const counts = Array.from({ length: BUCKET_COUNT }, () => 0)
  for (const buckets of list) {
    for (let at = 0; at < buckets.length; at += 2) {
      const bucket = buckets[at] ?? 0
      counts[bucket] = (counts[bucket] ?? 0) + (buckets[at + 1] ?? 0)
    }
  }
  return counts
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
