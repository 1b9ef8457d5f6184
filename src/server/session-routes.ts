import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import { NO_DETAILS, isSessionId } from '../sessions/session.ts'
import { readDetails } from '../sessions/session-codec.ts'
import type { SessionKey, SessionRecord } from '../sessions/session-store.ts'
import type { Made, Sessions } from '../sessions/sessions.ts'
import { bodyOf, invalid } from './json-body.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'
import { badId, chosenId, detailsOf, instructionsOf } from './session-body.ts'
import { messagesView, sessionView, statsView, summaryView, wholeView } from './session-view.ts'

export interface SessionRoutesOptions {
  readonly sessions: Sessions
  /** Messages as a client of Chat Completions writes them. Throws GatewayError `invalid_request`. */
  readMessages(list: JsonText, principal: Principal): ReadMessages
  /** For whoever needs none where keys are not configured. */
  readonly stranger: Principal
  newId(): string
  /** Unix milliseconds. */
  now(): number
}

export interface ReadMessages {
  readonly instructions: readonly Part[]
  readonly messages: readonly Message[]
}

const PATH = '/v1/sessions'
const DEFAULT_PAGE = 20
const MOST_IN_PAGE = 100
/** What a session says that was made without saying how many. */
const DEFAULT_MAX_TURNS = 10

/** Sessions by themselves, beside the requests that talk in them. A session of another key is no session. */
export function sessionRoutes(options: SessionRoutesOptions): readonly PlainRoute[] {
  const routes = new SessionRoutes(options)
  const route = (
    method: PlainRoute['method'],
    path: string,
    answer: (request: PlainRequest) => Promise<PlainAnswer>,
  ): PlainRoute => ({ method, path: `${PATH}${path}`, access: 'key', answer })
  return [
    route('GET', '', (request) => routes.list(request)),
    route('POST', '', (request) => routes.create(request)),
    route('GET', '/stats', (request) => routes.stats(request)),
    route('GET', '/{id}', (request) => routes.get(request)),
    route('PATCH', '/{id}', (request) => routes.patch(request)),
    route('DELETE', '/{id}', (request) => routes.delete(request)),
    route('POST', '/{id}/messages', (request) => routes.add(request)),
  ]
}

class SessionRoutes {
  readonly #options: SessionRoutesOptions

  constructor(options: SessionRoutesOptions) {
    this.#options = options
  }

  async list(request: PlainRequest): Promise<PlainAnswer> {
    const { limit, after } = pageOf(request.query)
    const { tenant } = this.#principal(request)
    // One more than is shown tells whether there are more.
    const { sessions, total } = await this.#sessions.list(tenant, { limit: limit + 1, after })
    const shown = sessions.slice(0, limit)
    const last = sessions.length > limit ? shown.at(-1) : undefined
    const items = shown.map((record) => summaryView(record, readDetails(record.details)))
    const next = last === undefined ? null : cursorOf(last)
    return jsonAnswer(
      200,
      `{"sessions":[${items.join(',')}],"total":${total},"has_more":${next !== null},"next":${toJsonText(next)}}`,
    )
  }

  async create(request: PlainRequest): Promise<PlainAnswer> {
    const body = bodyOf(request)
    const details = detailsOf(body)
    if (details.model === undefined) throw invalid('model', 'is missing')
    const { tenant } = this.#principal(request)
    const id = chosenId(body) ?? `session_${this.#options.newId()}`
    const made = await this.#sessions.create(
      { tenant, id },
      {
        details: { ...NO_DETAILS, ...details, maxTurns: details.maxTurns ?? DEFAULT_MAX_TURNS },
        instructions: instructionsOf(body) ?? [],
      },
    )
    if (made === null) {
      throw new GatewayError('invalid_request', 'session_id: there is a session of this id.', {
        status: 409,
        param: 'session_id',
      })
    }
    return told(201, sessionView(made.session).text, made)
  }

  async get(request: PlainRequest): Promise<PlainAnswer> {
    const session = await this.#sessions.read(this.#key(request))
    return session === null ? notFound(request) : jsonAnswer(200, wholeView(session))
  }

  async patch(request: PlainRequest): Promise<PlainAnswer> {
    const body = bodyOf(request)
    const session = await this.#sessions.describe(this.#key(request), detailsOf(body), instructionsOf(body))
    return session === null ? notFound(request) : jsonAnswer(200, sessionView(session).text)
  }

  async delete(request: PlainRequest): Promise<PlainAnswer> {
    const key = this.#key(request)
    if (!(await this.#sessions.delete(key))) return notFound(request)
    return jsonAnswer(200, toJsonText({ message: 'The session is deleted.', session_id: key.id, deleted: true }))
  }

  async add(request: PlainRequest): Promise<PlainAnswer> {
    const list = bodyOf(request).get('messages')
    if (list?.kind !== 'array') throw invalid('messages', list === undefined ? 'is missing' : 'must be a list')
    const { instructions, messages } = this.#options.readMessages(list.raw, this.#principal(request))
    const key = this.#key(request)
    if (!isSessionId(key.id)) throw badId()
    const made = await this.#sessions.add(key, {
      messages,
      instructions: instructions.length === 0 ? null : instructions,
    })
    const { session } = made
    const count = session.record.messages
    return told(
      200,
      `{"session_id":${toJsonText(key.id)},"message_count":${count},"messages":${messagesView(session)}}`,
      made,
    )
  }

  async stats(request: PlainRequest): Promise<PlainAnswer> {
    const counts = await this.#sessions.count(this.#principal(request).tenant)
    return jsonAnswer(200, statsView(counts, this.#sessions.settings, this.#options.now()))
  }

  get #sessions(): Sessions {
    return this.#options.sessions
  }

  #principal({ principal }: PlainRequest): Principal {
    return principal ?? this.#options.stranger
  }

  #key(request: PlainRequest): SessionKey {
    return { tenant: this.#principal(request).tenant, id: request.params['id'] ?? '' }
  }
}

function told(status: number, body: string, { evicted }: Made): PlainAnswer {
  const answer = jsonAnswer(status, body)
  if (evicted === 0) return answer
  return { ...answer, headers: { ...answer.headers, 'x-ucr-sessions-evicted': String(evicted) } }
}

/** The same for a session that never was, one that is over, and one of somebody else. */
function notFound({ params }: PlainRequest): PlainAnswer {
  const message = `There is no session ${JSON.stringify(params['id'])}.`
  const answer = jsonAnswer(404, toJsonText({ error: { message, type: 'session_not_found', code: '404' } }))
  return { ...answer, headers: { ...answer.headers, 'x-ucr-error': 'session_not_found' } }
}

function pageOf(query: string): {
  readonly limit: number
  readonly after: Pick<SessionRecord, 'created' | 'id'> | null
} {
  const asked = new URLSearchParams(query)
  const limit = Number(asked.get('limit') ?? DEFAULT_PAGE)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_IN_PAGE) {
    throw invalid('limit', `must be a whole number from 1 to ${MOST_IN_PAGE}`)
  }
  const cursor = asked.get('after')
  return { limit, after: cursor === null ? null : readCursor(cursor) }
}

function cursorOf({ created, id }: SessionRecord): string {
  return Buffer.from(`${created} ${id}`).toString('base64url')
}

function readCursor(cursor: string): Pick<SessionRecord, 'created' | 'id'> {
  const [, created, id] = /^(\d{1,15}) (.+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (created === undefined || id === undefined) throw invalid('after', 'must be the "next" of an earlier page')
  return { created: Number(created), id }
}
