import type { Part } from '../canonical/content.ts'
import { GatewayError } from '../lib/error.ts'
import { fitHistory } from './history-bounds.ts'
import { NO_DETAILS, messagesOf } from './session.ts'
import type { Session, SessionDetails } from './session.ts'
import { SessionCodec, writeDetails } from './session-codec.ts'
import { SessionFigures } from './session-figures.ts'
import type {
  ListRequest,
  OwnedListRequest,
  OwnedRecord,
  SessionChange,
  SessionCounts,
  SessionKey,
  SessionPage,
  SessionStore,
  Use,
} from './session-store.ts'
import { SessionTurns } from './session-turns.ts'
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

const NOTHING_SAID: NewSessionInput = { details: NO_DETAILS, instructions: [] }

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
    return new SessionVisit(key.id, await this.read(key), NOWHERE)
  }

  /** Null where there is one of that id. */
  async create(key: SessionKey, input: NewSessionInput): Promise<Made | null> {
    const evicted = await this.#create(key, input)
    return evicted === null ? null : { session: await this.#readOwn(key), evicted }
  }

  /** Null where there is none. Counts as a use. */
  async read(key: SessionKey): Promise<Session | null> {
    const stored = await this.#store.read(key, this.#use())
    return stored === null ? null : this.#codec.decode(stored)
  }

  /** Messages that a client adds by itself; in a new session where there is none. */
  async add(key: SessionKey, turn: Omit<NewTurn, 'keep'>): Promise<Made> {
    const leave = await this.#turns.enter(key)
    try {
      const present = await this.read(key)
      const made = present === null ? await this.#make(key, NOTHING_SAID) : { session: present, evicted: 0 }
      await this.#append(key, made.session, { ...turn, keep: made.session.record.messages })
      return { ...made, session: (await this.read(key)) ?? made.session }
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
    const session = await this.read(key)
    if (session === null) return null
    const isDone = await this.#change(key, session, async ({ details }) => ({
      details: writeDetails({ ...details, ...changes }),
      ...(instructions !== null && { opening: await this.#codec.encodeOpening(instructions) }),
    }))
    return isDone ? this.read(key) : null
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
      open: async (model) => {
        const made = await this.#make(key, { details: { ...NO_DETAILS, model }, instructions: [] })
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
    const evicted = await this.#create(key, input)
    return { session: await this.#readOwn(key), evicted: evicted ?? 0 }
  }

  async #create(key: SessionKey, { details, instructions }: NewSessionInput): Promise<number | null> {
    await this.#relieveMemory()
    const opening = await this.#codec.encodeOpening(instructions)
    const session = { details: writeDetails(details), opening, turns: [] }
    const result = await this.#store.create(key, session, this.#use(), this.#settings.max)
    if (result.kind === 'exists') return null
    this.#events.created++
    this.#events.evicted += result.evicted
    return result.evicted
  }

  async #append(key: SessionKey, session: Session, turn: NewTurn): Promise<void> {
    await this.#relieveMemory()
    const isDone = await this.#change(key, session, (latest) => this.#appending(latest, latest === session, turn))
    if (isDone) this.#events.appended++
  }

  /** `isSeen`: it is still as it was when the turn began. */
  async #appending(latest: Session, isSeen: boolean, turn: NewTurn): Promise<Omit<SessionChange, 'version'>> {
    const history = messagesOf(latest)
    // What somebody else has added meanwhile is not what this client has left behind.
    const rewrites = isSeen && turn.keep < history.length
    const added = rewrites ? [...history.slice(0, turn.keep), ...turn.messages] : turn.messages
    const fitting = fitHistory(rewrites ? [] : latest.turns, added.map(withoutMarks), this.#settings)
    const { messages, dropped } = fitting
    const details = { ...latest.details, dropped: latest.details.dropped + dropped }
    return {
      drop: rewrites ? latest.turns.length : fitting.drop,
      ...(messages.length > 0 && { turn: await this.#codec.encodeTurn(messages) }),
      ...(turn.instructions !== null && { opening: await this.#codec.encodeOpening(turn.instructions) }),
      ...(dropped > 0 && { details: writeDetails(details) }),
    }
  }

  async #noteFailure(key: SessionKey, session: Session, code: string): Promise<void> {
    await this.#change(key, session, async ({ details }) => ({
      details: writeDetails({ ...details, failures: details.failures + 1, failure: { at: this.#options.now(), code } }),
    }))
  }

  /** Makes the change to the session as it is now, whoever was first. False where there is none any more. */
  async #change(
    key: SessionKey,
    session: Session,
    changeOf: (latest: Session) => Promise<Omit<SessionChange, 'version'>>,
  ): Promise<boolean> {
    let latest: Session | null = session
    for (let tries = 0; latest !== null && tries < MOST_CONFLICTS; tries++) {
      const change = await changeOf(latest)
      const result = await this.#store.change(key, { ...change, version: latest.record.version }, this.#use())
      if (result !== 'conflict') return result === 'changed'
      latest = await this.read(key)
    }
    if (latest !== null) throw new Error('A session changes faster than anything can be added to it.')
    return false
  }

  /** Throws where the session has gone since it was made. */
  async #readOwn(key: SessionKey): Promise<Session> {
    const session = await this.read(key)
    if (session === null) throw new GatewayError('overloaded', 'There is no room for this session.')
    return session
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
