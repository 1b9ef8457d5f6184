import { describeKeyStore } from '../key-store.contract.ts'
import { MemoryKeyStore } from './key-store.ts'

describeKeyStore('MemoryKeyStore', async () => ({ store: new MemoryKeyStore(), close: async () => {} }))
