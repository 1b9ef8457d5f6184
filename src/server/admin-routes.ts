import type { JournalPositions } from '../observe/journal-cursor.ts'
import type { Overview, RequestList, Series, SessionList } from '../observe/overview.ts'
import type { OwnedListRequest } from '../sessions/session-store.ts'
import { operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRoute } from './plain-route.ts'

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

/** `GET /admin/overview`, `/admin/series`, `/admin/requests` and `/admin/sessions`. */
export function adminRoutes(figures: AdminFigures): readonly PlainRoute[] {
  const load = () => import('./operations/admin.ts')
  return [
    operationRoute(
      'GET',
      '/admin/overview',
      'admin',
      async () => (await load()).OVERVIEW,
      async () => answerWith(await figures.overview()),
    ),
    operationRoute(
      'GET',
      '/admin/series',
      'admin',
      async () => (await load()).SERIES,
      async ({ query: { minutes } }) => answerWith(await figures.series(minutes)),
    ),
    operationRoute(
      'GET',
      '/admin/requests',
      'admin',
      async () => (await load()).REQUESTS,
      async ({ query: { after = null, limit, errors } }) =>
        answerWith(await figures.requests({ after, limit, errorsOnly: errors })),
    ),
    operationRoute(
      'GET',
      '/admin/sessions',
      'admin',
      async () => (await load()).SESSIONS,
      async ({ query: { after = null, limit } }) => answerWith(await figures.sessions({ after, limit })),
    ),
  ]
}

function answerWith(value: object): PlainAnswer {
  return jsonAnswer(200, JSON.stringify(value))
}
