import { describeRuleStore } from '../rule-store.contract.ts'
import { MemoryRuleStore } from './rule-store.ts'

describeRuleStore('MemoryRuleStore', async () => ({ store: new MemoryRuleStore(), close: async () => {} }))
