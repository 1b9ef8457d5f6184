/** Which session. One of another tenant is another session, whatever its id. */
export interface SessionKey {
  readonly tenant: string
  readonly id: string
}

/** What is known of a session without its history. Times in Unix milliseconds. */
export interface SessionRecord {
  readonly id: string
  readonly created: number
  readonly lastUsed: number
  readonly expires: number
  /** 1 when it is made, and one more with each change of what it says. Using it is no change. */
  readonly version: number
  /** JSON that only `Sessions` reads: model, title. */
  readonly details: string
  /** In its whole history. */
  readonly messages: number
  /** Of its whole history, as it is before it is compressed. */
  readonly bytes: number
}

/** Messages that were added in one go. */
export interface StoredTurn {
  readonly messages: number
  readonly bytes: number
  /** As `SessionCodec` wrote them. Never changed by anybody. */
  readonly content: Buffer
}

export interface StoredSession {
  readonly record: SessionRecord
  /** The system prompt, as `SessionCodec` wrote it; empty where there is none. */
  readonly opening: Buffer
  /** Oldest first. */
  readonly turns: readonly StoredTurn[]
}

/**
 * When something happens to a session, and how long it lives from then on, in milliseconds. A use that moves its end by less
 * than a sixtieth of that may go unnoted.
 */
export interface Use {
  readonly now: number
  readonly ttl: number
}

export interface NewSession {
  readonly details: string
  readonly opening: Buffer
  readonly turns: readonly StoredTurn[]
}

/** What changes, of a session that is still as whoever asks has read it. */
export interface SessionChange {
  /** The version that was read. */
  readonly version: number
  /** Left out: as they were. */
  readonly details?: string
  readonly opening?: Buffer
  /** Behind all others. */
  readonly turn?: StoredTurn
  /** So many of the oldest turns go. */
  readonly drop?: number
  /** Nothing changes while anybody but this one holds the session. Left out: whoever holds it. */
  readonly holder?: string
}

/**
 * `conflict`: somebody else changed it first, and nothing was done. `held`: nor was it, because somebody else holds it.
 * `absent`: there is no such session (any more).
 */
export type ChangeResult = 'changed' | 'conflict' | 'held' | 'absent'

export type CreateResult =
  /** `evicted`: so many sessions went because there was no room for one more. */
  { readonly kind: 'created'; readonly evicted: number } | { readonly kind: 'exists' }

export interface SessionPage {
  /** Newest first. */
  readonly sessions: readonly SessionRecord[]
  /** Of all pages together. */
  readonly total: number
}

export interface ListRequest {
  readonly now: number
  readonly limit: number
  /** The last one of the page before: the page begins behind it. */
  readonly after: Pick<SessionRecord, 'created' | 'id'> | null
}

/** A session and whose it is. */
export interface OwnedRecord extends SessionRecord {
  readonly tenant: string
}

export interface OwnedListRequest {
  readonly now: number
  readonly limit: number
  /** The last one of the page before: the page begins behind it. */
  readonly after: Pick<OwnedRecord, 'expires' | 'tenant' | 'id'> | null
}

export interface SessionTotals {
  /** All that are kept, those included whose time is over and that were not swept yet. */
  readonly total: number
  readonly active: number
}

export interface SessionCounts extends SessionTotals {
  /** In those that are active. */
  readonly messages: number
  /** When the oldest active one was made; null where there is none. */
  readonly oldest: number | null
}

/**
 * Keeps sessions. It only keeps: ids, times and what is in the bytes are its caller's. A session whose time is over is not
 * there any more, whether it was swept or not. Each call happens as a whole or not at all, also between processes where the
 * store is shared.
 */
export interface SessionStore {
  /** Sessions end with this process, and take its memory. */
  readonly isVolatile: boolean
  /**
   * Makes a session. Over `max` the least recently used one goes, of the tenant that has the most: nobody can push out
   * everybody else's.
   */
  create(key: SessionKey, session: NewSession, use: Use, max: number): Promise<CreateResult>
  /** Null where there is none. Counts as a use, which begins its time anew. */
  read(key: SessionKey, use: Use): Promise<StoredSession | null>
  /** The same, which is no use of it. */
  look(key: SessionKey, now: number): Promise<StoredSession | null>
  /** Counts as a use. */
  change(key: SessionKey, change: SessionChange, use: Use): Promise<ChangeResult>
  /** False where there was none. */
  delete(key: SessionKey, now: number): Promise<boolean>
  list(tenant: string, request: ListRequest): Promise<SessionPage>
  /** Those of all tenants. Those that live longest come first, which are those that were used last while all live equally long. */
  listAll(request: OwnedListRequest): Promise<readonly OwnedRecord[]>
  count(tenant: string, now: number): Promise<SessionCounts>
  /** Of all tenants. Quick, however many there are: it is asked often. */
  totals(now: number): Promise<SessionTotals>
  /**
   * Takes the session for one holder, there or not, or takes it for longer. False while another has it, at most for the time
   * that it said. Everything else may be done without holding it.
   */
  hold(key: SessionKey, holder: string, use: Use): Promise<boolean>
  /** Gives it back; nothing happens where somebody else has it by now. */
  release(key: SessionKey, holder: string): Promise<void>
  /** Removes what is over; says how many that were. */
  sweep(now: number): Promise<number>
  /** Removes the so many least recently used ones, as `create` does; says how many that were. */
  evict(count: number): Promise<number>
  close(): Promise<void>
}
