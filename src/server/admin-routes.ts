import { GatewayError } from '../lib/error.ts'
import { readCursor } from '../observe/journal-cursor.ts'
import type { JournalPositions } from '../observe/journal-cursor.ts'
import type { Overview, RequestList, Series, SessionList } from '../observe/overview.ts'
import { KEPT_POINTS, SERIES_INTERVAL } from '../observe/series-recorder.ts'
import type { OwnedListRequest } from '../sessions/session-store.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

export interface RequestsAsked {
  /** Only what came since then; null: whatever is kept. */
  readonly after: JournalPositions | null
  readonly limit: number
  readonly errorsOnly: boolean
}

/** What the admin API tells, of all workers as one. */
export interface AdminFigures {
  overview(): Promise<Overview>
  series(minutes: number): Promise<Series>
  requests(asked: RequestsAsked): Promise<RequestList>
  sessions(page: Omit<OwnedListRequest, 'now'>): Promise<SessionList>
}

const USUAL_MINUTES = 60
const MOST_MINUTES = Math.floor((KEPT_POINTS * SERIES_INTERVAL) / 60)
const USUAL_PAGE = 100
const MOST_IN_PAGE = 500

/** `GET /admin/overview`, `/admin/series`, `/admin/requests` and `/admin/sessions`. */
export function adminRoutes(figures: AdminFigures): readonly PlainRoute[] {
  const route = (
    path: string,
    parameters: readonly string[],
    answer: (query: Query) => Promise<object>,
  ): PlainRoute => ({
    method: 'GET',
    path: `/admin/${path}`,
    access: 'admin',
    answer: async (request) => answerWith(await answer(new Query(request, parameters))),
  })
  return [
    route('overview', [], () => figures.overview()),
    route('series', ['minutes'], (query) => figures.series(query.whole('minutes', USUAL_MINUTES, MOST_MINUTES))),
    route('requests', ['after', 'limit', 'errors'], (query) =>
      figures.requests({
        after: query.read('after', readCursor, 'the "cursor" of an earlier answer'),
        limit: query.whole('limit', USUAL_PAGE, MOST_IN_PAGE),
        errorsOnly: query.flag('errors'),
      }),
    ),
    route('sessions', ['after', 'limit'], (query) =>
      figures.sessions({
        after: query.read('after', readSessionCursor, 'the "cursor" of an earlier page'),
        limit: query.whole('limit', USUAL_PAGE, MOST_IN_PAGE),
      }),
    ),
  ]
}

function answerWith(value: object): PlainAnswer {
  return jsonAnswer(200, JSON.stringify(value))
}

type SessionPlace = NonNullable<OwnedListRequest['after']>

export function writeSessionCursor({ expires, tenant, id }: SessionPlace): string {
  return Buffer.from(JSON.stringify([expires, tenant, id])).toString('base64url')
}

function readSessionCursor(cursor: string): SessionPlace | null {
  const place = arrayOf(Buffer.from(cursor, 'base64url').toString())
  const [expires, tenant, id] = place
  if (!Number.isSafeInteger(expires) || typeof expires !== 'number') return null
  return typeof tenant === 'string' && typeof id === 'string' && place.length === 3 ? { expires, tenant, id } : null
}

function arrayOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** The parameters of one request. Throws GatewayError `invalid_request` for what is wrong or unknown. */
class Query {
  readonly #values: URLSearchParams

  constructor({ query }: PlainRequest, parameters: readonly string[]) {
    this.#values = new URLSearchParams(query)
    for (const name of this.#values.keys()) {
      if (parameters.includes(name)) continue
      const known = parameters.length === 0 ? 'none' : parameters.join(', ')
      throw invalid(name.slice(0, 40), `is no parameter of this path, which has ${known}`)
    }
  }

  whole(name: string, usual: number, most: number): number {
    const text = this.#values.get(name)
    if (text === null) return usual
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
    if (value < 1 || value > most) throw invalid(name, `must be a whole number from 1 to ${most}`)
    return value
  }

  flag(name: string): boolean {
    const text = this.#values.get(name) ?? 'false'
    if (text !== 'true' && text !== 'false') throw invalid(name, 'must be true or false')
    return text === 'true'
  }

  /** Null where it is left out. */
  read<T>(name: string, reader: (text: string) => T | null, what: string): T | null {
    const text = this.#values.get(name)
    if (text === null) return null
    const value = reader(text)
    if (value === null) throw invalid(name, `must be ${what}`)
    return value
  }
}

function invalid(name: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `${name}: ${why}.`, { param: name })
}
