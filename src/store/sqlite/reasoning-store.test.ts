import { join } from 'node:path'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { describeReasoningStore } from '../reasoning-store.contract.ts'
import { openDatabase } from './database.ts'
import { SqliteReasoningStore } from './reasoning-store.ts'

describeReasoningStore('SqliteReasoningStore', async () => {
  const database = await openDatabase(join(temporaryFolder(), 'ucr.db'))
  return { store: new SqliteReasoningStore(database), close: async () => database.close() }
})
