import type { AttemptRecord, ExchangeRecord, Observer } from './observer.ts'
import type { Tracer } from './tracer.ts'

/** Passes on what it is told: for those that look at some of it on its way. */
export class PassingObserver implements Observer {
  protected readonly next: Observer

  constructor(next: Observer) {
    this.next = next
  }

  get tracer(): Tracer {
    return this.next.tracer
  }

  exchange(record: ExchangeRecord): void {
    this.next.exchange(record)
  }

  attemptFailed(record: AttemptRecord): void {
    this.next.attemptFailed(record)
  }

  warn(...line: Parameters<Observer['warn']>): void {
    this.next.warn(...line)
  }

  error(...line: Parameters<Observer['error']>): void {
    this.next.error(...line)
  }

  debug(...line: Parameters<Observer['debug']>): void {
    this.next.debug(...line)
  }
}
