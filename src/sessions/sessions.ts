import type { Part } from '../canonical/content.ts'
import { GatewayError } from '../lib/error.ts'
import { fitHistory } from './history-bounds.ts'
import { NO_DETAILS, messagesOf } from './session.ts'
import type { Session, SessionDetails } from './session.ts'
import { changed, usedAt } from './session-changes.ts'
import type { Changes } from './session-changes.ts'
import { SessionCodec, writeDetails } from './session-codec.ts'
import { SessionFigures } from './session-figures.ts'
import type {
  ListRequest,
  OwnedListRequest,
  OwnedRecord,
  SessionCounts,
  SessionKey,
  SessionPage,
  SessionStore,
  Use,
} from './session-store.ts'
import { SessionTurns, waitsForHolder } from './session-turns.ts'
import { SessionVisit } from './session-visit.ts'
import type { NewTurn, VisitedSessions } from './session-visit.ts'
import type { SessionSettings } from './settings.ts'
import { withoutMarks } from './without-marks.ts'

export interface SessionsOptions {
  readonly store: SessionStore
  readonly settings: SessionSettings
  /** Names this process among all that share the store. */
  readonly holder: string
  /** Unix milliseconds. */
  readonly now: () => number
  /** Used share of this process's memory, 0 to 1. */
  readonly memoryShare: () => number
  /** Something went wrong that is nobody's answer. */
  readonly failed: (text: string, cause: unknown) => void
}

export interface NewSessionInput {
  readonly details: SessionDetails
  readonly instructions: readonly Part[]
}

/** Times that things happened, since the gateway started. */
export interface SessionEvents {
  readonly created: number
  /** Turns that were kept. */
  readonly appended: number
  /** Requests whose answer was not kept, because it failed or was cut off. */
  readonly failed: number
  /** Sessions that went because there was no room. */
  readonly evicted: number
  /** Sessions whose time was over. */
  readonly expired: number
}

/** A session, and how many others went for it. */
export interface Made {
  readonly session: Session
  readonly evicted: number
}

const NOWHERE: VisitedSessions = {
  open: async () => 0,
  append: async () => {},
  noteFailure: async () => {},
  leave: () => {},
}

/** Times that somebody else may be first before something is wrong. */
const MOST_CONFLICTS = 100
/** Of the sessions in memory: how many go at once when it runs short. */
const RELIEF = 0.1
/** Milliseconds between two such measures: memory is not free at once. */
const RELIEF_PAUSE = 1000

/** Conversations that the gateway keeps for its clients. Everything that happens to one happens in order. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #store: SessionStore
  readonly #codec: SessionCodec
  readonly #turns: SessionTurns
  /** Of all tenants. */
  readonly figures: SessionFigures
  readonly #events = { created: 0, appended: 0, failed: 0, evicted: 0, expired: 0 }
  #settings: SessionSettings
  #timer: NodeJS.Timeout | null = null
  #relievedAt = -Infinity

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#store = options.store
    this.#turns = new SessionTurns(options)
    this.figures = new SessionFigures(options)
    this.#settings = options.settings
    this.#codec = new SessionCodec(() => this.#settings.compression)
  }

  get settings(): SessionSettings {
    return this.#settings
  }

  get events(): SessionEvents {
    return { ...this.#events }
  }

  adopt(settings: SessionSettings): void {
    const isRunning = this.#timer !== null
    this.#settings = settings
    if (isRunning) this.start()
  }

  /** Sweeps from now on. The timer keeps no process alive. */
  start(): void {
    this.#stopTimer()
    this.#timer = setInterval(() => void this.#tick(), this.#settings.sweepInterval).unref()
  }

  async close(): Promise<void> {
    this.#stopTimer()
    await this.#store.close()
  }

  /** Waits for those who came before, and gives the session as they left it. The visit has to be left. */
  async enter(key: SessionKey): Promise<SessionVisit> {
    const leave = await this.#turns.enter(key)
    try {
      const session = await this.read(key)
      return new SessionVisit(key.id, session, this.#visited(key, session, leave))
    } catch (error) {
      leave()
      throw error
    }
  }

  /** The session as it is now, for somebody who only looks. */
  async look(key: SessionKey): Promise<SessionVisit> {
    return new SessionVisit(key.id, await this.#look(key), NOWHERE)
  }

  /** Null where there is one of that id. */
  async create(key: SessionKey, input: NewSessionInput): Promise<Made | null> {
    await this.#relieveMemory()
    const { details, instructions } = input
    const described = { details: writeDetails(details), opening: await this.#codec.encodeOpening(instructions) }
    const use = this.#use()
    const result = await this.#store.create(key, { ...described, turns: [] }, use, this.#settings.max)
    if (result.kind === 'exists') return null
    this.#events.created++
    this.#events.evicted += result.evicted
    const record = {
      id: key.id,
      created: use.now,
      ...usedAt(use),
      version: 1,
      details: described.details,
      messages: 0,
      bytes: 0,
    }
    return { session: { record, details, instructions, turns: [] }, evicted: result.evicted }
  }

  /** Null where there is none. Counts as a use. */
  async read(key: SessionKey): Promise<Session | null> {
    const stored = await this.#store.read(key, this.#use())
    return stored === null ? null : this.#codec.decode(stored)
  }

  /** Messages that a client adds by itself; in a new session of whoever is called so where there is none. */
  async add(key: SessionKey, owner: string | null, turn: Omit<NewTurn, 'keep'>): Promise<Made> {
    const leave = await this.#turns.enterHere(key)
    try {
      const present = await this.#look(key)
      const made = present === null ? await this.#make(key, saysNothing(owner)) : { session: present, evicted: 0 }
      const keep = made.session.record.messages
      const after = await this.#append(key, made.session, { ...turn, keep }, this.#options.holder)
      return { ...made, session: after ?? made.session }
    } finally {
      leave()
    }
  }

  /** Null where there is no such session. `instructions` null: the system prompt stays as it was. */
  async describe(
    key: SessionKey,
    changes: Partial<SessionDetails>,
    instructions: readonly Part[] | null,
  ): Promise<Session | null> {
    const session = await this.#look(key)
    if (session === null) return null
    return this.#change(key, session, ({ details }) => ({
      details: { ...details, ...changes },
      ...(instructions !== null && { instructions }),
    }))
  }

  delete(key: SessionKey): Promise<boolean> {
    return this.#store.delete(key, this.#options.now())
  }

  list(tenant: string, page: Omit<ListRequest, 'now'>): Promise<SessionPage> {
    return this.#store.list(tenant, { ...page, now: this.#options.now() })
  }

  /** Of all tenants. */
  listAll(page: Omit<OwnedListRequest, 'now'>): Promise<readonly OwnedRecord[]> {
    return this.#store.listAll({ ...page, now: this.#options.now() })
  }

  /** Of one tenant. */
  count(tenant: string): Promise<SessionCounts> {
    return this.#store.count(tenant, this.#options.now())
  }

  #visited(key: SessionKey, session: Session | null, leave: () => void): VisitedSessions {
    let seen = session
    return {
      open: async (owner, model) => {
        const made = await this.#make(key, { details: { ...NO_DETAILS, owner, model }, instructions: [] })
        seen = made.session
        return made.evicted
      },
      append: async (turn) => {
        if (seen !== null) await this.#append(key, seen, turn)
      },
      noteFailure: async (code) => {
        this.#events.failed++
        if (seen !== null) await this.#noteFailure(key, seen, code)
      },
      leave,
    }
  }

  /** The session, whoever made it. */
  async #make(key: SessionKey, input: NewSessionInput): Promise<Made> {
    const made = await this.create(key, input)
    if (made !== null) return made
    const session = await this.read(key)
    if (session === null) throw new GatewayError('overloaded', 'There is no room for this session.')
    return { session, evicted: 0 }
  }

  /** Null where there is no such session any more. With a `holder` it waits while anybody else holds it. */
  async #append(key: SessionKey, session: Session, turn: NewTurn, holder?: string): Promise<Session | null> {
    await this.#relieveMemory()
    const changesOf = (latest: Session): Changes => this.#appending(latest, latest === session, turn)
    const after = await this.#change(key, session, changesOf, holder)
    if (after !== null) this.#events.appended++
    return after
  }

  /** `isSeen`: it is still as it was when the turn began. */
  #appending(latest: Session, isSeen: boolean, turn: NewTurn): Changes {
    // What somebody else has added meanwhile is not what this client has left behind.
    const rewrites = isSeen && turn.keep < latest.record.messages
    const added = rewrites ? [...messagesOf(latest).slice(0, turn.keep), ...turn.messages] : turn.messages
    const fitting = fitHistory(rewrites ? [] : latest.turns, added.map(withoutMarks), this.#settings)
    const { messages, dropped } = fitting
    return {
      drop: rewrites ? latest.turns.length : fitting.drop,
      messages,
      ...(turn.instructions !== null && { instructions: turn.instructions }),
      ...(dropped > 0 && { details: { ...latest.details, dropped: latest.details.dropped + dropped } }),
    }
  }

  async #noteFailure(key: SessionKey, session: Session, code: string): Promise<void> {
    await this.#change(key, session, ({ details }) => ({
      details: { ...details, failures: details.failures + 1, failure: { at: this.#options.now(), code } },
    }))
  }

  /** Makes the change to the session as it is now, whoever was first. Null where there is none any more. */
  async #change(
    key: SessionKey,
    session: Session,
    changesOf: (latest: Session) => Changes,
    holder?: string,
  ): Promise<Session | null> {
    const waits = waitsForHolder()
    let latest: Session | null = session
    for (let conflicts = 0; latest !== null && conflicts < MOST_CONFLICTS;) {
      const changes = changesOf(latest)
      const change = await this.#codec.encodeChanges(latest.record.version, changes)
      const use = this.#use()
      const result = await this.#store.change(key, holder === undefined ? change : { ...change, holder }, use)
      if (result === 'changed') return changed(latest, changes, change, use)
      if (result === 'absent') return null
      if (result === 'held') await waits()
      else conflicts++
      latest = await this.#look(key)
    }
    if (latest !== null) throw new Error('A session changes faster than anything can be added to it.')
    return null
  }

  async #look(key: SessionKey): Promise<Session | null> {
    const stored = await this.#store.look(key, this.#options.now())
    return stored === null ? null : this.#codec.decode(stored)
  }

  #use(): Use {
    return { now: this.#options.now(), ttl: this.#settings.ttl }
  }

  async #tick(): Promise<void> {
    try {
      this.#events.expired += await this.#store.sweep(this.#options.now())
      await this.#relieveMemory()
    } catch (error) {
      this.#options.failed('sweeping sessions', error)
    }
  }

  /** Sessions in memory are let go before the process has to refuse requests. */
  async #relieveMemory(): Promise<void> {
    if (!this.#store.isVolatile || this.#options.memoryShare() < this.#settings.memoryThreshold) return
    const now = this.#options.now()
    if (now - this.#relievedAt < RELIEF_PAUSE) return
    this.#relievedAt = now
    const { total } = await this.#store.totals(now)
    this.#events.evicted += await this.#store.evict(Math.ceil(total * RELIEF))
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

function saysNothing(owner: string | null): NewSessionInput {
  return { details: { ...NO_DETAILS, owner }, instructions: [] }
}
