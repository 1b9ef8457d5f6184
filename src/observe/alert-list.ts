/** `GET /admin/alerts`: every rule with how it stands, and what happened lately, the newest first. */
export interface AlertList {
  readonly object: 'list'
  readonly data: readonly AlertRule[]
  readonly recent: readonly AlertEvent[]
}

export interface AlertRule {
  readonly id: string
  readonly name: string
  /** A name that the reference page lists, or a path into `/debug/metrics`. */
  readonly metric: string
  readonly operator: 'above' | 'below'
  /** Null: no such threshold. */
  readonly warning: number | null
  readonly critical: number | null
  /** Seconds over which the metric is looked at. */
  readonly window: number
  /** Seconds between two messages about the same. */
  readonly cooldown: number
  readonly source: 'default' | 'config' | 'store'
  readonly state: 'ok' | 'warning' | 'critical'
  /** What it was when last looked at; null before that, or where there is no such metric. */
  readonly value: number | null
  /** Unix milliseconds from when on `state` is as it is; null: from the start. */
  readonly since: number | null
}

export interface AlertEvent {
  /** Unix milliseconds. */
  readonly time: number
  readonly ruleId: string
  readonly name: string
  readonly metric: string
  readonly state: 'ok' | 'warning' | 'critical'
  readonly value: number
  readonly threshold: number | null
}
