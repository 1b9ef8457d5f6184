import type { RuleStore } from '../alerts/rule-store.ts'
import { MemoryRuleStore } from '../store/memory/rule-store.ts'
import { SqliteRuleStore } from '../store/sqlite/rule-store.ts'
import type { StateDatabase } from './state-database.ts'

/** Where there is to be no file, rules last as long as the process. Rejects where the file cannot be used. */
export async function openRuleStore(database: StateDatabase): Promise<RuleStore> {
  const opened = await database.open()
  return opened === null ? new MemoryRuleStore() : new SqliteRuleStore(opened)
}
