import type { Rule } from './rule.ts'

/** A rule that somebody made while the gateway ran. */
export interface StoredRule extends Omit<Rule, 'source'> {
  /** Unix milliseconds. */
  readonly createdAt: number
}

/** Where rules are kept that are made while the gateway runs. */
export interface RuleStore {
  /** All of them, oldest first. */
  list(): Promise<readonly StoredRule[]>
  /** False: another rule has that name. */
  add(rule: StoredRule): Promise<boolean>
  /** False: there was none. */
  remove(id: string): Promise<boolean>
}
