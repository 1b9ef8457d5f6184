import { describeReasoningStore } from '../reasoning-store.contract.ts'
import { MemoryReasoningStore } from './reasoning-store.ts'

describeReasoningStore('MemoryReasoningStore', async () => ({
  store: new MemoryReasoningStore(),
  close: async () => {},
}))
