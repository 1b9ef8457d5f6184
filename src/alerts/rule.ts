import { MINUTE, metricNamed, whyNoMetric } from './metrics.ts'

/** When somebody is to be told. Times in milliseconds. */
export interface Rule {
  readonly id: string
  /** Unique among the rules. */
  readonly name: string
  /** A name of the table of metrics, or a path into `/debug/metrics`. */
  readonly metric: string
  readonly operator: 'above' | 'below'
  /** Passed when the metric is beyond it, not when it is at it. Null: no such threshold. */
  readonly warning: number | null
  readonly critical: number | null
  /** Over which the metric is looked at, and for which it has to be well before the rule is at ease again. */
  readonly window: number
  /** Between two messages about the same. */
  readonly cooldown: number
  /** Share of a threshold by which the metric has to be better than it. */
  readonly hysteresis: number
  /** Of fewer requests within the window nothing is concluded. */
  readonly minRequests: number
  readonly source: 'default' | 'config' | 'store'
}

/** What somebody who writes a rule decides. */
export type RuleTerms = Omit<Rule, 'id' | 'source'>

/** A name, and whatever is not to be as usual. */
export type RuleWish = Pick<Rule, 'name'> & { readonly [F in keyof RuleTerms]?: RuleTerms[F] | undefined }

export const NAME = /^[\w.@ -]{1,64}$/
const LONGEST_WINDOW = 3_600_000

const USUAL: Omit<RuleTerms, 'name' | 'minRequests'> = {
  metric: '',
  operator: 'above',
  warning: null,
  critical: null,
  window: MINUTE,
  cooldown: 5 * MINUTE,
  hysteresis: 0.1,
}

/** `base`: what counts where the wish says nothing. */
export function termsOf(wish: RuleWish, base: Partial<RuleTerms> = {}): RuleTerms {
  const { name, metric, operator, warning, critical, window, cooldown, hysteresis, minRequests } = wish
  const usual = { ...USUAL, ...base }
  const chosen = metric ?? usual.metric
  return {
    name,
    metric: chosen,
    operator: operator ?? usual.operator,
    warning: warning === undefined ? usual.warning : warning,
    critical: critical === undefined ? usual.critical : critical,
    window: window ?? usual.window,
    cooldown: cooldown ?? usual.cooldown,
    hysteresis: hysteresis ?? usual.hysteresis,
    minRequests: minRequests ?? base.minRequests ?? metricNamed(chosen).minRequests,
  }
}

export interface RuleProblem {
  readonly field: keyof RuleTerms
  /** Completes "must ...". */
  readonly message: string
  readonly fix: string
}

/** What is wrong with the rule; null: nothing. */
export function problemOf(terms: RuleTerms): RuleProblem | null {
  const { metric, operator, warning, critical, window } = terms
  const why = whyNoMetric(metric)
  if (why !== null) return { field: 'metric', ...why }
  if (warning === null && critical === null) {
    return { field: 'warning', message: 'must be a number where there is no "critical"', fix: 'write a threshold' }
  }
  if (warning !== null && critical !== null && (operator === 'above' ? critical < warning : critical > warning)) {
    const fix = operator === 'above' ? `write ${warning} or more` : `write ${warning} or less`
    return { field: 'critical', message: 'must not be passed before "warning" is', fix }
  }
  const shortest = metricNamed(metric).kind === 'requests' ? MINUTE : 1
  if (window >= shortest && window <= LONGEST_WINDOW) return null
  const message =
    shortest === 1 ? 'must be longer than nothing, and at most an hour' : 'must be from a minute to an hour'
  return { field: 'window', message, fix: 'write a time such as "5m"' }
}
