/** Requests of the last minute, by the second they ended in. */
export class Traffic {
  readonly #slots: { second: number; requests: number; milliseconds: number }[] = Array.from({ length: 60 }, () => ({
    second: -1,
    requests: 0,
    milliseconds: 0,
  }))

  /** `now` and `duration` in milliseconds, `now` monotonic. */
  record(duration: number, now: number): void {
    const second = Math.floor(now / 1000)
    const slot = this.#slots[second % 60]
    if (slot === undefined) return
    if (slot.second !== second) Object.assign(slot, { second, requests: 0, milliseconds: 0 })
    slot.requests++
    slot.milliseconds += duration
  }

  /** Requests, and the milliseconds that they took all together. */
  lastMinute(now: number): { readonly requests: number; readonly milliseconds: number } {
    const oldest = Math.floor(now / 1000) - 59
    const recent = this.#slots.filter(({ second }) => second >= oldest)
    const requests = recent.reduce((sum, slot) => sum + slot.requests, 0)
    const milliseconds = recent.reduce((sum, slot) => sum + slot.milliseconds, 0)
    return { requests, milliseconds }
  }
}
