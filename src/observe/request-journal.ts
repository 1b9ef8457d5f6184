import type { Usage } from '../canonical/usage.ts'
import { CleanNames } from './clean-names.ts'
import type { ExchangeRecord } from './observer.ts'
import type { RequestLine } from './overview.ts'

/** Requests that are remembered, and errors apart from them: a flood of good answers must not push those out. */
export const KEPT_REQUESTS = 500
export const KEPT_ERRORS = 100
const MOST_DROPPED = 20
/** Milliseconds. */
const CLOCK_WAS_SET = 50

/** The part of a usage that has a price, and the price where it was told. */
export type BilledUsage = Pick<Usage, 'input' | 'output' | 'cost'>

/** A request that is over, and how many were before it in this process. */
export interface JournalEntry {
  readonly sequence: number
  /** Without its price, which is not a matter of the request. */
  readonly line: Omit<RequestLine, 'dollars'>
  /** What somebody has to pay for; null where nobody has, or the vendor told none. */
  readonly billed: BilledUsage | null
}

export interface Clocks {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Unix milliseconds. */
  readonly wallClock: () => number
}

/** The last requests. Every request is put here, so its place is there already and nothing is made for it. */
export class RequestJournal {
  readonly #names: CleanNames
  readonly #clocks: Clocks
  readonly #requests = new Ring(KEPT_REQUESTS)
  readonly #errors = new Ring(KEPT_ERRORS)
  #sequence = 0
  #epoch = 0

  constructor(names: CleanNames, clocks: Clocks) {
    this.#names = names
    this.#clocks = clocks
  }

  /** Of the last one. */
  get sequence(): number {
    return this.#sequence
  }

  /** `now` in monotonic milliseconds. */
  add(record: ExchangeRecord, now: number): void {
    const sequence = ++this.#sequence
    this.#requests.next().fill(record, sequence, now, this.#names)
    if (isError(record)) this.#errors.next().fill(record, sequence, now, this.#names)
  }

  /** Those behind `sequence`, the newest first. */
  since(sequence: number, errorsOnly: boolean): readonly JournalEntry[] {
    const recent = this.#requests.slots.filter((slot) => slot.sequence > sequence && (!errorsOnly || slot.isError))
    const oldest = Math.min(...recent.map((slot) => slot.sequence))
    const older = errorsOnly
      ? this.#errors.slots.filter((slot) => slot.sequence > sequence && slot.sequence < oldest)
      : []
    this.#setEpoch()
    return [...recent, ...older].toSorted((a, b) => b.sequence - a.sequence).map((slot) => slot.entry(this.#epoch))
  }

  /** When the monotonic clock began, in Unix milliseconds: to look at both for each request would cost as much as the rest. */
  #setEpoch(): void {
    const epoch = Math.round(this.#clocks.wallClock() - this.#clocks.now())
    // A request is to have the same time each time that it is shown, unless the machine's clock was set.
    if (Math.abs(epoch - this.#epoch) > CLOCK_WAS_SET) this.#epoch = epoch
  }
}

/** An answer that is an error. A client that left got none. */
export function isError({ status }: Pick<ExchangeRecord, 'status'>): boolean {
  return status !== 'complete' && status !== 'client_closed'
}

class Ring {
  readonly slots: Slot[] = []
  readonly #size: number
  #at = 0

  constructor(size: number) {
    this.#size = size
  }

  /** The oldest one, to be written over. */
  next(): Slot {
    const at = this.#at
    this.#at = (at + 1) % this.#size
    return (this.slots[at] ??= new Slot())
  }
}

const NO_DROPPED: readonly string[] = []
/** In place of a time or a cost that there is none of: a number that may also be null takes memory of its own each time. */
const NONE = -1

/** The place of one request. */
class Slot {
  sequence = 0
  isError = false
  #requestId = ''
  #time = 0.5
  #protocol = ''
  #operation = ''
  #keyName: string | null = null
  #requestedModel: string | null = null
  #provider: string | null = null
  #model: string | null = null
  #plan: ExchangeRecord['plan'] = null
  #reason: string | null = null
  #attempts = 0
  #stream = false
  #httpStatus = 0
  #status: ExchangeRecord['status'] = 'complete'
  #errorCode: ExchangeRecord['errorCode'] = null
  #cache: ExchangeRecord['cache'] = null
  #billed = false
  #duration = 0.5
  #timeToFirstByte = 0.5
  #timeToFirstToken = 0.5
  #hasUsage = false
  #input = 0
  #cacheRead = 0
  #cacheWrite = 0
  #cacheWriteLong = 0
  #output = 0
  #reasoning = 0
  #cost = 0.5
  #dropped: readonly string[] = NO_DROPPED
  #requestBytes = 0
  #replyBytes = 0

  fill(record: ExchangeRecord, sequence: number, time: number, names: CleanNames): void {
    const { keyName, requestedModel, provider, model, reason, usage, losses } = record
    this.sequence = sequence
    this.isError = isError(record)
    this.#time = time
    this.#requestId = record.requestId
    this.#protocol = record.protocol
    this.#operation = record.operation
    this.#keyName = keyName === null ? null : names.of(keyName)
    this.#requestedModel = requestedModel === null ? null : names.of(requestedModel)
    this.#provider = provider
    this.#model = model === null ? null : names.of(model)
    this.#plan = record.plan
    this.#reason = reason === null ? null : names.of(reason)
    this.#attempts = record.attempts
    this.#stream = record.stream
    this.#httpStatus = record.httpStatus
    this.#status = record.status
    this.#errorCode = record.errorCode
    this.#cache = record.cache
    this.#billed = record.billed
    this.#duration = record.duration
    this.#timeToFirstByte = record.timeToFirstByte ?? NONE
    this.#timeToFirstToken = record.timeToFirstToken ?? NONE
    this.#requestBytes = record.requestBytes
    this.#replyBytes = record.replyBytes
    this.#dropped = losses.length === 0 ? NO_DROPPED : losses.slice(0, MOST_DROPPED).map(({ field }) => names.of(field))
    this.#fillUsage(usage)
  }

  /** `epoch`: when the monotonic clock began, in Unix milliseconds. */
  entry(epoch: number): JournalEntry {
    const usage = this.#hasUsage ? this.#usage() : null
    return {
      sequence: this.sequence,
      line: {
        requestId: this.#requestId,
        time: Math.round(epoch + this.#time),
        protocol: this.#protocol,
        operation: this.#operation,
        keyName: this.#keyName,
        requestedModel: this.#requestedModel,
        provider: this.#provider,
        model: this.#model,
        plan: this.#plan,
        reason: this.#reason,
        attempts: this.#attempts,
        stream: this.#stream,
        httpStatus: this.#httpStatus,
        status: this.#status,
        errorCode: this.#errorCode,
        cache: this.#cache,
        duration: rounded(this.#duration),
        timeToFirstByte: timeOf(this.#timeToFirstByte),
        timeToFirstToken: timeOf(this.#timeToFirstToken),
        tokens:
          usage === null
            ? null
            : {
                input: usage.input.total,
                cacheRead: usage.input.cacheRead,
                cacheWrite: usage.input.cacheWrite,
                output: usage.output.total,
                reasoning: usage.output.reasoning,
              },
        dropped: this.#dropped,
        requestBytes: this.#requestBytes,
        replyBytes: this.#replyBytes,
      },
      billed: this.#billed ? usage : null,
    }
  }

  #fillUsage(usage: Usage | null): void {
    this.#hasUsage = usage !== null
    if (usage === null) return
    const { input, output, cost } = usage
    this.#input = input.total
    this.#cacheRead = input.cacheRead
    this.#cacheWrite = input.cacheWrite
    this.#cacheWriteLong = input.cacheWriteLong
    this.#output = output.total
    this.#reasoning = output.reasoning
    this.#cost = cost ?? NONE
  }

  #usage(): BilledUsage {
    return {
      input: {
        total: this.#input,
        cacheRead: this.#cacheRead,
        cacheWrite: this.#cacheWrite,
        cacheWriteLong: this.#cacheWriteLong,
      },
      output: { total: this.#output, reasoning: this.#reasoning },
      cost: this.#cost === NONE ? null : this.#cost,
    }
  }
}

function timeOf(milliseconds: number): number | null {
  return milliseconds === NONE ? null : rounded(milliseconds)
}

/** Milliseconds, to two places. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
