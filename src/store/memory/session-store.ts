import type {
  ChangeResult,
  CreateResult,
  ListRequest,
  NewSession,
  OwnedListRequest,
  OwnedRecord,
  SessionChange,
  SessionCounts,
  SessionKey,
  SessionPage,
  SessionRecord,
  SessionStore,
  SessionTotals,
  StoredSession,
  StoredTurn,
  Use,
} from '../../sessions/session-store.ts'

/** A tenant's sessions by id, the least recently used one first. */
type Shelf = Map<string, StoredSession>

/** Keeps sessions in this process. */
export class MemorySessionStore implements SessionStore {
  readonly isVolatile = true
  readonly #shelves = new Map<string, Shelf>()
  readonly #held = new Map<string, { readonly holder: string; readonly until: number }>()

  async create({ tenant, id }: SessionKey, session: NewSession, use: Use, max: number): Promise<CreateResult> {
    if (this.#live(tenant, id, use.now) !== null) return { kind: 'exists' }
    this.#remove(tenant, id)
    const record: SessionRecord = {
      id,
      created: use.now,
      ...usedAt(use),
      version: 1,
      details: session.details,
      ...sizeOf(session.turns),
    }
    this.#put(tenant, { record, opening: session.opening, turns: session.turns })
    if (this.#total() > max) await this.sweep(use.now)
    return { kind: 'created', evicted: this.#evictDownTo(max) }
  }

  async read({ tenant, id }: SessionKey, use: Use): Promise<StoredSession | null> {
    const present = this.#live(tenant, id, use.now)
    if (present === null) return null
    const used = { ...present, record: { ...present.record, ...usedAt(use) } }
    this.#put(tenant, used)
    return used
  }

  async look({ tenant, id }: SessionKey, now: number): Promise<StoredSession | null> {
    return this.#live(tenant, id, now)
  }

  async change({ tenant, id }: SessionKey, change: SessionChange, use: Use): Promise<ChangeResult> {
    const present = this.#live(tenant, id, use.now)
    if (present === null) return 'absent'
    const { record } = present
    if (change.holder !== undefined && this.#isHeldByOthers({ tenant, id }, change.holder, use.now)) return 'held'
    if (record.version !== change.version) return 'conflict'
    const { details = record.details, opening = present.opening, turn, drop = 0 } = change
    const turns = [...present.turns.slice(drop), ...(turn === undefined ? [] : [turn])]
    const changed = { ...record, ...usedAt(use), version: record.version + 1, details, ...sizeOf(turns) }
    this.#put(tenant, { record: changed, opening, turns })
    return 'changed'
  }

  async delete({ tenant, id }: SessionKey, now: number): Promise<boolean> {
    const isThere = this.#live(tenant, id, now) !== null
    this.#remove(tenant, id)
    return isThere
  }

  async list(tenant: string, { now, limit, after }: ListRequest): Promise<SessionPage> {
    const records = [...(this.#shelves.get(tenant)?.values() ?? [])]
      .map(({ record }) => record)
      .filter((record) => record.expires > now)
      .toSorted(newestFirst)
    const rest = after === null ? records : records.filter((record) => newestFirst(after, record) < 0)
    return { sessions: rest.slice(0, limit), total: records.length }
  }

  async listAll({ now, limit, after }: OwnedListRequest): Promise<readonly OwnedRecord[]> {
    const records = [...this.#shelves]
      .flatMap(([tenant, shelf]) => [...shelf.values()].map(({ record }) => ({ ...record, tenant })))
      .filter((record) => record.expires > now)
      .toSorted(longestFirst)
    return (after === null ? records : records.filter((record) => longestFirst(after, record) < 0)).slice(0, limit)
  }

  async count(tenant: string, now: number): Promise<SessionCounts> {
    const shelf = this.#shelves.get(tenant)
    const active = [...(shelf?.values() ?? [])].map(({ record }) => record).filter(({ expires }) => expires > now)
    return {
      total: shelf?.size ?? 0,
      active: active.length,
      messages: active.reduce((sum, { messages }) => sum + messages, 0),
      oldest: active.reduce<number | null>((oldest, { created }) => Math.min(oldest ?? created, created), null),
    }
  }

  async totals(now: number): Promise<SessionTotals> {
    let active = 0
    for (const shelf of this.#shelves.values()) {
      for (const { record } of shelf.values()) if (record.expires > now) active++
    }
    return { total: this.#total(), active }
  }

  async hold({ tenant, id }: SessionKey, holder: string, { now, ttl }: Use): Promise<boolean> {
    if (this.#isHeldByOthers({ tenant, id }, holder, now)) return false
    this.#held.set(JSON.stringify([tenant, id]), { holder, until: now + ttl })
    return true
  }

  async release({ tenant, id }: SessionKey, holder: string): Promise<void> {
    const name = JSON.stringify([tenant, id])
    if (this.#held.get(name)?.holder === holder) this.#held.delete(name)
  }

  async sweep(now: number): Promise<number> {
    const before = this.#total()
    for (const [tenant, shelf] of this.#shelves) {
      for (const [id, { record }] of shelf) if (record.expires <= now) this.#remove(tenant, id)
    }
    return before - this.#total()
  }

  async evict(count: number): Promise<number> {
    return this.#evictDownTo(Math.max(0, this.#total() - count))
  }

  async close(): Promise<void> {
    this.#shelves.clear()
  }

  #isHeldByOthers({ tenant, id }: SessionKey, holder: string, now: number): boolean {
    const held = this.#held.get(JSON.stringify([tenant, id]))
    return held !== undefined && held.holder !== holder && held.until > now
  }

  #live(tenant: string, id: string, now: number): StoredSession | null {
    const present = this.#shelves.get(tenant)?.get(id)
    return present === undefined || present.record.expires <= now ? null : present
  }

  /** As the one used last. */
  #put(tenant: string, session: StoredSession): void {
    const shelf = this.#shelves.get(tenant) ?? new Map<string, StoredSession>()
    this.#shelves.set(tenant, shelf)
    shelf.delete(session.record.id)
    shelf.set(session.record.id, session)
  }

  #remove(tenant: string, id: string): void {
    const shelf = this.#shelves.get(tenant)
    shelf?.delete(id)
    if (shelf?.size === 0) this.#shelves.delete(tenant)
  }

  #total(): number {
    let total = 0
    for (const shelf of this.#shelves.values()) total += shelf.size
    return total
  }

  #evictDownTo(max: number): number {
    let evicted = 0
    for (let total = this.#total(); total > max; total--) {
      const [tenant, id] = this.#leastDeserving()
      this.#remove(tenant, id)
      evicted++
    }
    return evicted
  }

  /** Of those who have the most sessions, the one whose oldest use is the oldest; and that session. */
  #leastDeserving(): readonly [tenant: string, id: string] {
    let chosen: readonly [string, string] = ['', '']
    let most = 0
    let oldest = Infinity
    for (const [tenant, shelf] of this.#shelves) {
      const [first] = shelf.values()
      if (first === undefined || shelf.size < most) continue
      const { id, lastUsed } = first.record
      if (shelf.size === most && lastUsed >= oldest) continue
      chosen = [tenant, id]
      most = shelf.size
      oldest = lastUsed
    }
    return chosen
  }
}

function usedAt({ now, ttl }: Use): Pick<SessionRecord, 'lastUsed' | 'expires'> {
  return { lastUsed: now, expires: now + ttl }
}

function sizeOf(turns: readonly StoredTurn[]): Pick<SessionRecord, 'messages' | 'bytes'> {
  let messages = 0
  let bytes = 0
  for (const turn of turns) {
    messages += turn.messages
    bytes += turn.bytes
  }
  return { messages, bytes }
}

type Age = Pick<SessionRecord, 'created' | 'id'>

function newestFirst(a: Age, b: Age): number {
  return b.created - a.created || backwards(a.id, b.id)
}

type End = Pick<OwnedRecord, 'expires' | 'tenant' | 'id'>

function longestFirst(a: End, b: End): number {
  return b.expires - a.expires || backwards(a.tenant, b.tenant) || backwards(a.id, b.id)
}

function backwards(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0
}
