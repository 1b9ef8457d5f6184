/** Of the limit: that often somebody is looked at. */
const LOOKS = 4
/** Who has not begun to serve may be silent that many times as long: how long a start takes is the machine's doing. */
const STARTING = 10
/** Milliseconds that nobody is missed who said that it would be away: a snapshot of a large heap takes minutes. */
const AWAY = 10 * 60_000

export interface SilenceWatchOptions<W> {
  /** Milliseconds of silence from which on a worker hangs; 0: it never does. */
  readonly limit: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Has it say something. */
  readonly ask: (worker: W) => void
  /** Called once; it is watched no more. */
  readonly hangs: (worker: W, silence: number) => void
}

interface Silence {
  /** Since its last word. */
  looks: number
  /** So many are its right. */
  allowed: number
}

/**
 * Finds workers that hang. Whatever a worker says is a sign of life, and only one that has said nothing lately is asked
 * for one. Silence is counted in looks and not in time: while this process stands still itself, because the machine
 * sleeps or everything was stopped, there are no looks, and nobody hangs for it.
 */
export class SilenceWatch<W> {
  readonly #options: SilenceWatchOptions<W>
  readonly #interval: number
  readonly #silences = new Map<W, Silence>()
  #timer: NodeJS.Timeout | null = null
  #lookedAt = -Infinity

  constructor(options: SilenceWatchOptions<W>) {
    this.#options = options
    this.#interval = options.limit / LOOKS
  }

  /** Looks from now on. The timer keeps no process alive. */
  start(): void {
    if (this.#interval > 0) this.#timer ??= setInterval(() => this.look(), this.#interval).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** It is about to start. */
  add(worker: W): void {
    this.#silences.set(worker, { looks: 0, allowed: LOOKS * STARTING })
  }

  remove(worker: W): void {
    this.#silences.delete(worker)
  }

  heard(worker: W): void {
    const silence = this.#silences.get(worker)
    if (silence !== undefined) silence.looks = 0
  }

  /** It does something long for which it was asked. */
  away(worker: W): void {
    this.#allow(worker, LOOKS + Math.ceil(AWAY / this.#interval))
  }

  /** It serves, from now on or again. */
  serves(worker: W): void {
    this.#allow(worker, LOOKS)
  }

  look(): void {
    const now = this.#options.now()
    const stoodStill = now - this.#lookedAt > 2 * this.#interval
    this.#lookedAt = now
    for (const [worker, silence] of this.#silences) {
      // What the workers said meanwhile may not have been read yet.
      silence.looks = stoodStill ? 0 : silence.looks + 1
      // Between the last word and the first look is less than an interval.
      if (silence.looks > silence.allowed) this.#report(worker, silence)
      else if (silence.looks > 1) this.#options.ask(worker)
    }
  }

  #allow(worker: W, looks: number): void {
    const silence = this.#silences.get(worker)
    if (silence !== undefined) silence.allowed = looks
  }

  #report(worker: W, { looks }: Silence): void {
    this.#silences.delete(worker)
    this.#options.hangs(worker, (looks - 1) * this.#interval)
  }
}
