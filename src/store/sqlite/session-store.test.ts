import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { describeSessionStore } from '../session-store.contract.ts'
import { openDatabase } from './database.ts'
import { MIGRATIONS } from './migrations.ts'
import { SqliteSessionStore } from './session-store.ts'

describeSessionStore('SqliteSessionStore', async () => {
  const database = await openDatabase(join(temporaryFolder(), 'ucr.db'))
  return {
    store: new SqliteSessionStore(database),
    close: async () => database.close(),
  }
})

it('finds the sessions of before, whole and in order, and goes on with them', async () => {
  const path = join(temporaryFolder(), 'ucr.db')
  const old = new DatabaseSync(path)
  for (const migration of MIGRATIONS.slice(0, 5)) old.exec(migration)
  old.exec(`PRAGMA user_version = 5;
    INSERT INTO sessions VALUES
      (3, 'key_a', 'talk', 1, 2, 1000, 4, '{"title":"first"}', x'6f', 4, 20),
      (8, 'key_b', 'talk', 1, 2, 1000, 1, '{}', x'', 0, 0);
    INSERT INTO session_turns VALUES (3, 2, 2, 10, x'62'), (3, 1, 2, 10, x'61')`)
  old.close()
  const database = await openDatabase(path)
  const store = new SqliteSessionStore(database)
  const key = { tenant: 'key_a', id: 'talk' }
  const turn = (content: string) => ({ messages: 2, bytes: 10, content: Buffer.from(content) })
  expect(await store.look(key, 10)).toEqual({
    record: {
      id: 'talk',
      created: 1,
      lastUsed: 2,
      expires: 1000,
      version: 4,
      details: '{"title":"first"}',
      messages: 4,
      bytes: 20,
    },
    opening: Buffer.from('o'),
    turns: [turn('a'), turn('b')],
  })
  const use = { now: 10, ttl: 1000 }
  expect(await store.change(key, { version: 4, turn: turn('c'), drop: 1 }, use)).toBe('changed')
  expect(
    await store.create({ tenant: 'key_a', id: 'new' }, { details: '{}', opening: Buffer.from('n'), turns: [] }, use, 9),
  ).toEqual({ kind: 'created', evicted: 0 })
  expect(await store.look(key, 10)).toMatchObject({ record: { messages: 4, bytes: 20 }, turns: [turn('b'), turn('c')] })
  expect(await store.look({ tenant: 'key_b', id: 'talk' }, 10)).toMatchObject({ opening: Buffer.alloc(0), turns: [] })
  expect(await store.totals(10)).toEqual({ total: 3, active: 3 })
  expect(await store.evict(2)).toBe(2)
  expect(database.prepare('SELECT count(*) AS places FROM session_turns').get()).toEqual({ places: 1 })
  database.close()
})
