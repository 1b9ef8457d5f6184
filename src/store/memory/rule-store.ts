import type { RuleStore, StoredRule } from '../../alerts/rule-store.ts'

/** Keeps alert rules as long as the process runs. */
export class MemoryRuleStore implements RuleStore {
  readonly #rules = new Map<string, StoredRule>()

  async list(): Promise<readonly StoredRule[]> {
    return [...this.#rules.values()]
  }

  async add(rule: StoredRule): Promise<boolean> {
    if ([...this.#rules.values()].some(({ name }) => name === rule.name)) return false
    this.#rules.set(rule.id, rule)
    return true
  }

  async remove(id: string): Promise<boolean> {
    return this.#rules.delete(id)
  }
}
