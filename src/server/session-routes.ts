import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import type { Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import { NO_DETAILS, SESSION_ID, isSessionId } from '../sessions/session.ts'
import { readDetails } from '../sessions/session-codec.ts'
import type { SessionKey } from '../sessions/session-store.ts'
import type { Made, Sessions } from '../sessions/sessions.ts'
import { bodyOf, invalid } from './json-body.ts'
import { operationRoute } from './operation.ts'
import type { BodyOf, QueryOf } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'
import { detailsOf, instructionsOf } from './session-body.ts'
import { cursorOf } from './session-cursor.ts'
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
const NAMED = `${PATH}/{id}`

/** Sessions by themselves, beside the requests that talk in them. A session of another key is no session. */
export function sessionRoutes(options: SessionRoutesOptions): readonly PlainRoute[] {
  const routes = new SessionRoutes(options)
  const load = () => import('./operations/sessions.ts')
  return [
    operationRoute(
      'GET',
      PATH,
      'key',
      async () => (await load()).LIST,
      ({ query }, request) => routes.list(query, request),
    ),
    operationRoute(
      'POST',
      PATH,
      'key',
      async () => (await load()).CREATE,
      ({ body }, request) => routes.create(body, request),
    ),
    operationRoute(
      'GET',
      `${PATH}/stats`,
      'key',
      async () => (await load()).STATS,
      (_, request) => routes.stats(request),
    ),
    operationRoute(
      'GET',
      NAMED,
      'key',
      async () => (await load()).GET,
      (_, request) => routes.get(request),
    ),
    operationRoute(
      'PATCH',
      NAMED,
      'key',
      async () => (await load()).CHANGE,
      ({ body }, request) => routes.patch(body, request),
    ),
    operationRoute(
      'DELETE',
      NAMED,
      'key',
      async () => (await load()).DELETE,
      (_, request) => routes.delete(request),
    ),
    operationRoute(
      'POST',
      `${NAMED}/messages`,
      'key',
      async () => (await load()).ADD,
      (_, request) => routes.add(request),
    ),
  ]
}

type Operations = typeof import('./operations/sessions.ts')

class SessionRoutes {
  readonly #options: SessionRoutesOptions

  constructor(options: SessionRoutesOptions) {
    this.#options = options
  }

  async list({ limit, after }: QueryOf<Operations['LIST']>, request: PlainRequest): Promise<PlainAnswer> {
    const { tenant } = this.#principal(request)
    // One more than is shown tells whether there are more.
    const { sessions, total } = await this.#sessions.list(tenant, { limit: limit + 1, after: after ?? null })
    const shown = sessions.slice(0, limit)
    const last = sessions.length > limit ? shown.at(-1) : undefined
    const items = shown.map((record) => summaryView(record, readDetails(record.details)))
    const next = last === undefined ? null : cursorOf(last)
    return jsonAnswer(
      200,
      `{"sessions":[${items.join(',')}],"total":${total},"has_more":${next !== null},"next":${toJsonText(next)}}`,
    )
  }

  async create(body: BodyOf<Operations['CREATE']>, request: PlainRequest): Promise<PlainAnswer> {
    const details = detailsOf(body, request.body)
    const { tenant, keyName } = this.#principal(request)
    const id = body.session_id ?? `session_${this.#options.newId()}`
    const made = await this.#sessions.create(
      { tenant, id },
      {
        details: { ...NO_DETAILS, owner: keyName, ...details },
        instructions: instructionsOf(body.system_prompt) ?? [],
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

  async patch(body: BodyOf<Operations['CHANGE']>, request: PlainRequest): Promise<PlainAnswer> {
    const details = detailsOf(body, request.body)
    const session = await this.#sessions.describe(this.#key(request), details, instructionsOf(body.system_prompt))
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
    if (!isSessionId(key.id)) throw invalid('session_id', `must be ${SESSION_ID}`)
    const made = await this.#sessions.add(key, this.#principal(request).keyName, {
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
