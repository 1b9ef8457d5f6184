import type { Part } from '../canonical/content.ts'
import type { Ext } from '../canonical/ext.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { continueHistory } from './resent-history.ts'
import { messagesOf } from './session.ts'
import type { Session } from './session.ts'
import { refuseTurns } from './turn-limit.ts'

/** What a request adds to its session. */
export interface NewTurn {
  /** So many messages of the history stay; the others are what the client has left behind. */
  readonly keep: number
  readonly messages: readonly Message[]
  /** Null: the system prompt stays as it was. */
  readonly instructions: readonly Part[] | null
}

/** Where a visit ends. */
export interface VisitedSessions {
  /** Makes the session for whoever is called so; gives how many others went for it. */
  open(owner: string | null, model: string): Promise<number>
  append(turn: NewTurn): Promise<void>
  noteFailure(code: string): Promise<void>
  leave(): void
}

/**
 * One request's time in its session, which nobody else has meanwhile: what was said so far, what the client says now, and
 * what comes of it.
 */
export class SessionVisit {
  readonly id: string
  /** The history, oldest message first. */
  readonly history: readonly Message[]
  readonly #session: Session | null
  readonly #sessions: VisitedSessions
  #turn: NewTurn | null = null
  #answer: readonly Part[] | null = null
  #evicted = 0
  #settled: Promise<void> | null = null

  /** `session` is null where the request begins it. */
  constructor(id: string, session: Session | null, sessions: VisitedSessions) {
    this.id = id
    this.history = session === null ? [] : messagesOf(session)
    this.#session = session
    this.#sessions = sessions
  }

  get isNew(): boolean {
    return this.#session === null
  }

  /** Sessions that went to make room for this one. */
  get evicted(): number {
    return this.#evicted
  }

  /** Makes the session where there is none. `owner`: what whoever speaks is called, or null. */
  async begin(owner: string | null, model: string): Promise<void> {
    if (this.isNew) this.#evicted = await this.#sessions.open(owner, model)
  }

  /**
   * The request with the history in front of it. May be asked again for another try. Throws GatewayError `invalid_request`
   * where it is a turn too many.
   */
  continued(request: CanonicalRequest): CanonicalRequest {
    const { keep, skip } = continueHistory(this.history, request.messages)
    const messages = request.messages.slice(skip)
    refuseTurns(this.id, this.#session?.details.maxTurns ?? null, this.history.slice(0, keep), messages)
    // Whatever an earlier try brought is not the answer to this one.
    this.#answer = null
    const hasOwn = request.instructions.length > 0
    this.#turn = { keep, messages, instructions: hasOwn ? request.instructions : null }
    return {
      ...request,
      instructions: hasOwn ? request.instructions : (this.#session?.instructions ?? []),
      messages: [...this.history.slice(0, keep), ...messages],
      assembled: keep > 0,
      ext: withoutSessionId(request.ext),
    }
  }

  /** The model's answer is whole. */
  answered(parts: readonly Part[]): void {
    this.#answer = parts
  }

  /** Nothing of this request will be kept: its answer failed or was cut off. */
  failed(code: string): Promise<void> {
    this.#settled ??= this.#sessions.noteFailure(code)
    return this.#settled
  }

  /** Keeps the turn if its answer is whole. Once; resolves when it is kept. */
  settle(): Promise<void> {
    if (this.#turn === null || this.#answer === null) return Promise.resolve()
    const { messages, ...turn } = this.#turn
    const answer: Message = { role: 'assistant', parts: this.#answer, name: null, ext: null }
    const spoken = this.#answer.length === 0 ? messages : [...messages, answer]
    this.#settled ??= this.#sessions.append({ ...turn, messages: spoken })
    return this.#settled
  }

  /** The next one may have the session. */
  leave(): void {
    this.#sessions.leave()
  }
}

/** The field is the gateway's; vendors refuse what they do not know. */
function withoutSessionId(ext: Ext | null): Ext | null {
  if (ext === null || !ext.fields.has('session_id')) return ext
  return { ...ext, fields: new Map([...ext.fields].filter(([name]) => name !== 'session_id')) }
}
