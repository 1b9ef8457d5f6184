import { signal } from '@preact/signals'
import type { AlertList } from '../../../src/observe/alert-list.ts'
import type { Overview, RequestList, Series, SessionList } from '../../../src/observe/overview.ts'
import { AdminError } from './admin-api.ts'
import type { AdminApi } from './admin-api.ts'
import { Feed } from './feed.ts'
import { extended } from './request-window.ts'
import type { RequestWindow } from './request-window.ts'
import type { KeyList } from './virtual-key.ts'

/** Minutes that the charts show; `All` is what the gateway keeps. */
export const RANGES = { '15 min': 15, '1 h': 60, All: 166 } as const
export type Range = keyof typeof RANGES

/** How many lines are asked for at once. */
const LINES = 200

/** Everything the page shows of a gateway, each part asked for while it is looked at. */
export class GatewayView {
  readonly api: AdminApi
  readonly range = signal<Range>('15 min')
  readonly overview: Feed<Overview>
  readonly series: Feed<Series>
  readonly requests: Feed<RequestWindow>
  readonly errors: Feed<RequestWindow>
  readonly sessions: Feed<SessionList>
  readonly keys: Feed<KeyList>
  /** Null where the gateway has none. */
  readonly alerts: Feed<AlertList | null>

  /** `overview` is what the gateway said when the visitor signed in. */
  constructor(api: AdminApi, overview: Overview, onUnauthorized: () => void) {
    const feed = <T>(interval: number, read: () => Promise<T>): Feed<T> =>
      new Feed<T>({ interval, read, onUnauthorized })
    this.api = api
    this.overview = new Feed({ interval: 2000, read: () => readOverview(api), first: overview, onUnauthorized })
    this.series = feed(10_000, () => api.get<Series>(`/admin/series?minutes=${RANGES[this.range.peek()]}`))
    this.requests = feed(1500, () => this.#newer(this.requests, ''))
    this.errors = feed(3000, () => this.#newer(this.errors, '&errors=true'))
    this.sessions = feed(5000, () => api.get<SessionList>('/admin/sessions?limit=200'))
    this.keys = feed(10_000, () => api.get<KeyList>('/admin/keys'))
    this.alerts = feed(5000, () => this.#alerts())
  }

  setRange(range: Range): void {
    this.range.value = range
    this.series.refresh()
  }

  /** A gateway that has no alerts is not asked again. */
  async #alerts(): Promise<AlertList | null> {
    const isKnown = this.alerts.receivedAt.peek() !== null
    if (isKnown && this.alerts.value.peek() === null) return null
    try {
      return await this.api.get<AlertList>('/admin/alerts')
    } catch (thrown) {
      if (thrown instanceof AdminError && thrown.kind === 'missing') return null
      throw thrown
    }
  }

  async #newer(feed: Feed<RequestWindow>, condition: string): Promise<RequestWindow> {
    const before = feed.value.peek()
    const path = `/admin/requests?limit=${LINES}${condition}`
    const after = before === null ? '' : `&after=${encodeURIComponent(before.cursor)}`
    return extended(before, await this.api.get<RequestList>(`${path}${after}`))
  }
}

/** Throws AdminError. */
export function readOverview(api: AdminApi): Promise<Overview> {
  return api.get<Overview>('/admin/overview')
}
