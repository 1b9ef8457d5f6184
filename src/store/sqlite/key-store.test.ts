import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { keyNamed } from '../../../test/support/keys.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { describeKeyStore } from '../key-store.contract.ts'
import { openDatabase } from './database.ts'
import { SqliteKeyStore } from './key-store.ts'
import { MIGRATIONS } from './migrations.ts'

describeKeyStore('SqliteKeyStore', async () => {
  const database = await openDatabase(join(temporaryFolder(), 'ucr.db'))
  return {
    store: new SqliteKeyStore(database),
    close: async () => database.close(),
  }
})

it('two processes with the same file see what the other one did, and lose nothing', async () => {
  const path = join(temporaryFolder(), 'ucr.db')
  const [first, second] = [await openDatabase(path), await openDatabase(path)]
  const [one, two] = [new SqliteKeyStore(first), new SqliteKeyStore(second)]
  const key = keyNamed('me', 'my-own-key-1')
  await one.add(key)
  expect(await two.get(key.id)).toEqual(key)
  expect(await two.add({ ...key, id: 'other' })).toBe(false)
  const { version } = await one.changes(null)
  await two.change(key.id, (present) => ({ ...present, revokedAt: 1 }))
  expect(await one.changes(version)).toMatchObject({ isAll: false, keys: [{ id: key.id, revokedAt: 1 }] })
  expect(await one.changes(version + 100)).toMatchObject({ isAll: true })
  expect(await one.get(key.id)).toMatchObject({ revokedAt: 1 })
  first.close()
  second.close()
})

it('keeps keys until the next start, and nothing of them but their hashes', async () => {
  const path = join(temporaryFolder(), 'ucr.db')
  const database = await openDatabase(path)
  const key = keyNamed('me', 'canary-0123456789')
  await new SqliteKeyStore(database).add(key)
  database.close()
  expect(readFileSync(path).includes('canary')).toBe(false)
  const again = await openDatabase(path)
  expect(await new SqliteKeyStore(again).list()).toEqual([key])
  again.close()
})

it('gives keys from before there were such rules no tools of Claude Code', async () => {
  const path = join(temporaryFolder(), 'ucr.db')
  const old = new DatabaseSync(path)
  for (const migration of MIGRATIONS.slice(0, 4)) old.exec(migration)
  old.exec(`PRAGMA user_version = 4;
    INSERT INTO keys (id, name, tenant, disabled, metadata, created, version) VALUES ('a', 'me', 'a', 0, '{}', 1, 1)`)
  old.close()
  const database = await openDatabase(path)
  const store = new SqliteKeyStore(database)
  expect(await store.get('a')).toMatchObject({ name: 'me', models: null, claudeTools: [] })
  await store.change('a', (key) => ({ ...key, claudeTools: ['Read'] }))
  expect(await store.get('a')).toMatchObject({ claudeTools: ['Read'] })
  database.close()
})
