export interface CoalescingStats {
  /** Calls under way that requests can join or have joined. */
  readonly inFlight: number
  /** Requests that made a call, since the start. */
  readonly leaders: number
  /** Requests that joined one. */
  readonly followers: number
}

/** A call whose answer others may still have from its beginning. */
export interface Joinable {
  readonly joinable: boolean
  /** Who asked. */
  readonly tenant: string
}

/** Calls under way by the name of their request. */
export class Coalescer<Call extends Joinable> {
  readonly #open = new Map<string, Call>()
  readonly #underWay = new Set<Call>()
  #leaders = 0
  #followers = 0

  /** A call to join, which counts as joined. */
  join(key: string): Call | null {
    const call = this.#open.get(key)
    if (call === undefined || !call.joinable) return null
    this.#followers++
    return call
  }

  /** Others that ask the same join this one from now on. */
  lead(key: string, call: Call): void {
    this.#leaders++
    this.#open.set(key, call)
    this.#underWay.add(call)
  }

  over(key: string, call: Call): void {
    this.#underWay.delete(call)
    if (this.#open.get(key) === call) this.#open.delete(key)
  }

  /** What is under way for this tenant, or for anybody where it is null, ends for those who wait for it; nobody else joins. */
  detach(tenant: string | null): void {
    for (const [key, call] of this.#open) if (tenant === null || call.tenant === tenant) this.#open.delete(key)
  }

  stats(): CoalescingStats {
    return { inFlight: this.#underWay.size, leaders: this.#leaders, followers: this.#followers }
  }
}
