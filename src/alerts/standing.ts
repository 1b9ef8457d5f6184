import type { AlertRule } from '../observe/alert-list.ts'
import type { Rule } from './rule.ts'

export type AlertState = AlertRule['state']
type Level = Exclude<AlertState, 'ok'>

/** How a rule stands. Plain data, in Unix milliseconds, so that another worker can go on with it. */
export interface Standing {
  readonly state: AlertState
  /** From when on; null: from the start. */
  readonly since: number | null
  readonly value: number | null
  /** Since when the metric is better than each threshold by what the hysteresis wants; null: it is not. */
  readonly calm: Readonly<Record<Level, number | null>>
  /** What was told last. */
  readonly told: AlertState
  /** When each was told last; null: never. */
  readonly toldAt: Readonly<Record<Level, number | null>>
}

export interface Verdict {
  readonly standing: Standing
  /** The state is another than before. */
  readonly isChange: boolean
  /** Somebody is to be told. */
  readonly isDue: boolean
}

export const AT_EASE: Standing = {
  state: 'ok',
  since: null,
  value: null,
  calm: { warning: null, critical: null },
  told: 'ok',
  toldAt: { warning: null, critical: null },
}

const RANK = { ok: 0, warning: 1, critical: 2 } as const satisfies Record<AlertState, number>

/** How a rule stands after a look at its metric. Without a value nothing is wrong. */
export function judge(rule: Rule, before: Standing, value: number | null, now: number): Verdict {
  const calm = {
    warning: calmSince(rule, rule.warning, before.calm.warning, value, now),
    critical: calmSince(rule, rule.critical, before.calm.critical, value, now),
  }
  const state = worse(levelOf(rule, value), heldAt(rule, before.state, calm, now))
  const isChange = state !== before.state
  const standing = { ...before, state, since: isChange ? now : before.since, value, calm }
  if (!isToTell(rule, standing, now)) return { standing, isChange, isDue: false }
  const toldAt = state === 'ok' ? before.toldAt : { ...before.toldAt, [state]: now }
  return { standing: { ...standing, told: state, toldAt }, isChange, isDue: true }
}

/** The threshold that this state is about. */
export function thresholdOf({ warning, critical }: Rule, state: AlertState): number | null {
  return state === 'critical' ? critical : (warning ?? critical)
}

function levelOf(rule: Rule, value: number | null): AlertState {
  if (value === null) return 'ok'
  const isBeyond = (threshold: number | null): boolean =>
    threshold !== null && (rule.operator === 'above' ? value > threshold : value < threshold)
  if (isBeyond(rule.critical)) return 'critical'
  return isBeyond(rule.warning) ? 'warning' : 'ok'
}

function calmSince(
  { operator, hysteresis }: Rule,
  threshold: number | null,
  before: number | null,
  value: number | null,
  now: number,
): number | null {
  if (threshold === null || value === null) return before ?? now
  const margin = Math.abs(threshold) * hysteresis
  const isCalm = operator === 'above' ? value <= threshold - margin : value >= threshold + margin
  return isCalm ? (before ?? now) : null
}

/** A state is left only when its threshold was not near for a whole window. */
function heldAt(rule: Rule, state: AlertState, calm: Standing['calm'], now: number): AlertState {
  const isOver = (level: Level): boolean => {
    const since = calm[level]
    return rule[level] === null || (since !== null && now - since >= rule.window)
  }
  if (state === 'critical' && !isOver('critical')) return 'critical'
  return state !== 'ok' && !isOver('warning') ? 'warning' : 'ok'
}

function worse(one: AlertState, other: AlertState): AlertState {
  return RANK[one] >= RANK[other] ? one : other
}

/** The same is told again only after the cooldown; that it is worse than what was told, or over, at once. */
function isToTell({ cooldown }: Rule, { state, told, toldAt }: Standing, now: number): boolean {
  if (state === 'ok') return told !== 'ok'
  if (state === 'critical' && told === 'warning') return true
  const last = toldAt[state]
  return last === null || now - last >= cooldown
}
