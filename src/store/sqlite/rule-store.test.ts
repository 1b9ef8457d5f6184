import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { describeRuleStore, ruleCalled } from '../rule-store.contract.ts'
import { openDatabase } from './database.ts'
import { SqliteRuleStore } from './rule-store.ts'

describeRuleStore('SqliteRuleStore', async () => {
  const database = await openDatabase(join(temporaryFolder(), 'ucr.db'))
  return { store: new SqliteRuleStore(database), close: async () => database.close() }
})

it('two processes with the same file see what the other one did', async () => {
  const path = join(temporaryFolder(), 'ucr.db')
  const [first, second] = [await openDatabase(path), await openDatabase(path)]
  const [one, two] = [new SqliteRuleStore(first), new SqliteRuleStore(second)]
  await one.add(ruleCalled('slow'))
  expect(await two.list()).toEqual([ruleCalled('slow')])
  expect(await two.add(ruleCalled('other', { name: 'slow' }))).toBe(false)
  await two.remove('alert_slow')
  expect(await one.list()).toEqual([])
  first.close()
  second.close()
})
