import type { RuleTerms } from './rule.ts'

/** A rule that is there without being asked for; a config changes it, or switches it off, by its name. */
export type DefaultRule = Pick<RuleTerms, 'name' | 'metric' | 'warning' | 'critical'> & {
  /** Only where providers are checked. */
  readonly needsChecks: boolean
}

export const DEFAULT_RULES: readonly DefaultRule[] = [
  { name: 'responseTime', metric: 'responseTime', warning: 2000, critical: 5000, needsChecks: false },
  { name: 'memory', metric: 'memory', warning: 0.8, critical: 0.9, needsChecks: false },
  { name: 'errorRate', metric: 'errorRate', warning: 0.05, critical: 0.1, needsChecks: false },
  { name: 'sessions', metric: 'sessionsUsed', warning: 0.8, critical: 0.95, needsChecks: false },
  // More than none.
  { name: 'providersDown', metric: 'providersDown', warning: 0, critical: null, needsChecks: true },
]
