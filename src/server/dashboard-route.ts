import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Overview, RequestLine } from '../observe/overview.ts'
import type { AdminFigures } from './admin-routes.ts'
import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

export interface DashboardOptions {
  readonly figures: Pick<AdminFigures, 'overview' | 'requests'>
  /** The gateway can be reached from other machines: strangers then learn nothing. */
  readonly exposed: () => boolean
  /** Does the caller have the admin token? */
  readonly isAdmin: (headers: Headers) => boolean
  /** The page for a browser. */
  readonly page: () => Promise<PlainAnswer>
}

const RECENT_TIMES = 10
const RECENT_ERRORS = 5

/** `GET /dashboard`: a page for browsers; for programs the figures of the gateway in short, as an earlier program gave them. */
export function dashboardRoute(options: DashboardOptions): PlainRoute {
  return {
    method: 'GET',
    path: '/dashboard',
    access: 'public',
    describe: described(async () => (await import('./operations/dashboard.ts')).DASHBOARD),
    answer: async (request) => {
      const answer = wantsPage(request.headers) ? await options.page() : await summary(request, options)
      return { ...answer, headers: { vary: 'accept', ...answer.headers } }
    },
  }
}

/** Who says nothing of HTML is a program: `curl` takes anything. */
function wantsPage(headers: Headers): boolean {
  return (headers['accept'] ?? '').toLowerCase().includes('text/html')
}

async function summary(request: PlainRequest, options: DashboardOptions): Promise<PlainAnswer> {
  const { figures, exposed, isAdmin } = options
  if (request.principal === null && exposed() && !isAdmin(request.headers)) {
    throw new GatewayError('unauthorized', 'The dashboard is shown to holders of a key or of the admin token.')
  }
  const [overview, times, errors] = await Promise.all([
    figures.overview(),
    figures.requests({ after: null, limit: RECENT_TIMES, errorsOnly: false }),
    figures.requests({ after: null, limit: RECENT_ERRORS, errorsOnly: true }),
  ])
  return jsonAnswer(200, JSON.stringify(summaryOf(overview, times.data, errors.data)))
}

function summaryOf(
  { status, uptime, version, latency, requests, sessions }: Overview,
  times: readonly RequestLine[],
  errors: readonly RequestLine[],
): object {
  const { active = 0, total = 0 } = sessions ?? {}
  return {
    overview: { status, uptime, version },
    performance: {
      avgResponseTime: latency.average,
      requestsPerMinute: Math.round(requests.perSecond * 60 * 100) / 100,
      errorRate: requests.errorRate,
    },
    resources: {
      memory: process.memoryUsage(),
      cpu: process.cpuUsage(),
      sessions: { totalSessions: total, activeSessions: active, expiredSessions: total - active },
    },
    recent: {
      responseTime: oldestFirst(times).map(({ time, duration }) => ({ timestamp: time, value: duration })),
      // One entry is one error, so that the values add up.
      errors: oldestFirst(errors).map(({ time }) => ({ timestamp: time, value: 1 })),
    },
  }
}

/** As series are. */
function oldestFirst(lines: readonly RequestLine[]): readonly RequestLine[] {
  return lines.toReversed()
}
