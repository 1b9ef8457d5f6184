import type { ExchangeRecord, Observer } from './observer.ts'
import { PassingObserver } from './passing-observer.ts'

/** Milliseconds; 0: nothing is too slow. */
export interface SlowSettings {
  /** For what the gateway does itself. */
  readonly slowOperations: number
  /** For a vendor to begin a streamed answer. */
  readonly slowFirstByte: number
}

type Fields = Readonly<Record<string, string | number | boolean>>

/** Looks for stalls that often within the limit. */
const LOOKS = 4

/**
 * Says what took too long that should be quick, as a line `slow operation`. How long a model thinks is not its business:
 * what counts is the time that the gateway and its surroundings add.
 */
export class SlowOperations extends PassingObserver {
  /** Monotonic milliseconds. */
  readonly #now: () => number
  #settings: SlowSettings
  #timer: NodeJS.Timeout | null = null

  constructor(next: Observer, settings: SlowSettings, now: () => number) {
    super(next)
    this.#settings = settings
    this.#now = now
  }

  /** A request has come: as long as any are under way it is seen when the process stands still. An idle one is not woken up. */
  watch(busy: () => boolean): void {
    if (this.#timer === null && this.#settings.slowOperations > 0) this.#timer = this.#newTimer(busy)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  adopt(settings: SlowSettings): void {
    if (this.#settings.slowOperations !== settings.slowOperations) this.stop()
    this.#settings = settings
  }

  /** An operation that is over. */
  took(operation: string, milliseconds: number, fields: Fields = {}, requestId: string | null = null): void {
    if (exceeds(milliseconds, this.#settings.slowOperations)) this.#say(operation, milliseconds, fields, requestId)
  }

  override exchange(record: ExchangeRecord): void {
    const { duration, preparation = null, requestId } = record
    if (preparation !== null) {
      if (exceeds(preparation, this.#settings.slowOperations)) this.#say('prepare', preparation, {}, requestId)
      if (exceeds(duration, this.#settings.slowFirstByte)) this.#firstByte(record, preparation)
    } else if (exceeds(duration, this.#settings.slowOperations) && isOwnWork(record)) {
      this.#say('answer', duration, { what: record.operation }, requestId)
    }
    super.exchange(record)
  }

  #newTimer(busy: () => boolean): NodeJS.Timeout {
    const interval = Math.ceil(this.#settings.slowOperations / LOOKS)
    let due = this.#now() + interval
    return setInterval(() => {
      const now = this.#now()
      this.took('event loop', now - due)
      due = now + interval
      if (!busy()) this.stop()
    }, interval).unref()
  }

  /** Of a whole answer the first byte comes when all of it is written, which may well take long. */
  #firstByte({ requestId, stream, timeToFirstByte, provider, model }: ExchangeRecord, preparation: number): void {
    if (!stream || timeToFirstByte === null) return
    const waited = timeToFirstByte - preparation
    if (!exceeds(waited, this.#settings.slowFirstByte)) return
    this.#say('first byte', waited, { provider: provider ?? '', model: model ?? '' }, requestId)
  }

  #say(operation: string, milliseconds: number, fields: Fields, requestId: string | null): void {
    this.warn(requestId, 'slow operation', { operation, duration: Math.round(milliseconds), ...fields })
  }
}

function exceeds(milliseconds: number, limit: number): boolean {
  return milliseconds > limit && limit > 0
}

/** Neither a vendor nor another request was waited for. */
function isOwnWork({ status, attempts, cache }: ExchangeRecord): boolean {
  return status === 'complete' && attempts === 0 && cache !== 'coalesced'
}
