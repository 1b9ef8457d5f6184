import { deliver, targetOf } from './destination.ts'
import type { DeliveryTools, Destination, PostResult } from './destination.ts'
import type { AlertMessage } from './message.ts'

export interface CourierOptions extends DeliveryTools {
  /** 0 to 1. */
  readonly random: () => number
  /** Resolves after so many milliseconds. Keeps no process alive. */
  readonly pause: (milliseconds: number) => Promise<void>
}

/** What a destination said to one message. */
export interface DestinationAnswer {
  readonly type: Destination['type']
  /** Without what may be secret. */
  readonly target: string
  readonly ok: boolean
  readonly status: number | null
  readonly error: string | null
}

export const DELIVERY = {
  tries: 8,
  /** Milliseconds before the second try; twice as long before each one after it. */
  firstPause: 1000,
  longestPause: 60_000,
  /** Messages that wait at one destination. */
  mostWaiting: 100,
} as const

/** Brings messages to all destinations, each at its own pace. Nobody waits for it. */
export class Courier {
  readonly #options: CourierOptions
  readonly #counts = { sent: 0, failed: 0, dropped: 0 }
  #lanes = new Map<string, Lane>()

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** What waits for a destination that stays goes on waiting. */
  adopt(destinations: readonly Destination[]): void {
    const before = this.#lanes
    this.#lanes = new Map(
      destinations.map((destination) => {
        const key = JSON.stringify(destination)
        return [key, before.get(key) ?? new Lane(destination, this.#options, this.#counts)]
      }),
    )
    for (const [key, lane] of before) if (!this.#lanes.has(key)) lane.close()
  }

  send(message: AlertMessage): void {
    for (const lane of this.#lanes.values()) lane.push(message)
  }

  /** One try at each destination, past whatever waits there. */
  test(message: AlertMessage): Promise<readonly DestinationAnswer[]> {
    const destinations = [...this.#lanes.values()].map(({ destination }) => destination)
    return Promise.all(
      destinations.map(async (destination) =>
        answerOf(destination, await deliver(destination, message, this.#options)),
      ),
    )
  }

  stats(): { readonly sent: number; readonly failed: number; readonly dropped: number } {
    return { ...this.#counts }
  }

  close(): void {
    this.adopt([])
  }
}

/** One destination, and what waits for it. */
class Lane {
  readonly destination: Destination
  readonly #options: CourierOptions
  readonly #counts: { sent: number; failed: number; dropped: number }
  readonly #waiting: AlertMessage[] = []
  #isBusy = false
  #isClosed = false

  constructor(
    destination: Destination,
    options: CourierOptions,
    counts: { sent: number; failed: number; dropped: number },
  ) {
    this.destination = destination
    this.#options = options
    this.#counts = counts
  }

  push(message: AlertMessage): void {
    if (this.#waiting.length === DELIVERY.mostWaiting) {
      const oldest = this.#waiting.shift()
      this.#counts.dropped++
      this.#warn('an alert is dropped: too many wait for this destination', { rule: oldest?.rule ?? '' })
    }
    this.#waiting.push(message)
    if (!this.#isBusy) void this.#work()
  }

  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      await this.#bring(message)
    }
    this.#isBusy = false
  }

  async #bring(message: AlertMessage): Promise<void> {
    for (let tries = 1; !this.#isClosed; tries++) {
      const result = await deliver(this.destination, message, this.#options)
      if (isTaken(result)) {
        this.#counts.sent++
        return
      }
      if (tries === DELIVERY.tries || !mayHelp(result)) {
        this.#counts.failed++
        this.#warn('an alert could not be delivered', { rule: message.rule, tries, why: whyNot(result) ?? '' })
        return
      }
      await this.#options.pause(pauseBefore(tries, this.#options.random()))
    }
  }

  #warn(text: string, fields: Readonly<Record<string, string | number>>): void {
    const { destination } = this
    this.#options.log.warn(null, text, { destination: destination.type, target: targetOf(destination), ...fields })
  }
}

/** Milliseconds. Gateways that failed together do not all come again together. */
function pauseBefore(tries: number, random: number): number {
  return Math.min(DELIVERY.firstPause * 2 ** (tries - 1), DELIVERY.longestPause) * (0.5 + random / 2)
}

function isTaken(result: PostResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status < 300
}

/** A receiver that understood and says no will say no again. */
function mayHelp(result: PostResult): boolean {
  if (result.kind === 'failed') return true
  return result.status >= 500 || result.status === 408 || result.status === 429
}

function whyNot(result: PostResult): string | null {
  if (isTaken(result)) return null
  return result.kind === 'failed' ? result.why : `it answered with status ${result.status}`
}

function answerOf(destination: Destination, result: PostResult): DestinationAnswer {
  return {
    type: destination.type,
    target: targetOf(destination),
    ok: isTaken(result),
    status: result.kind === 'answered' ? result.status : null,
    error: whyNot(result),
  }
}
