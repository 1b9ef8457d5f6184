import { describeSessionStore } from '../session-store.contract.ts'
import { MemorySessionStore } from './session-store.ts'

describeSessionStore('MemorySessionStore', async () => {
  const store = new MemorySessionStore()
  return { store, close: () => store.close() }
})
