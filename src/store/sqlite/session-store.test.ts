import { join } from 'node:path'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { describeSessionStore } from '../session-store.contract.ts'
import { openDatabase } from './database.ts'
import { SqliteSessionStore } from './session-store.ts'

describeSessionStore('SqliteSessionStore', async () => {
  const database = await openDatabase(join(temporaryFolder(), 'ucr.db'))
  return {
    store: new SqliteSessionStore(database),
    close: async () => database.close(),
  }
})
