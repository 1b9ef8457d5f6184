import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { openDatabase } from './database.ts'
import { Transactions } from './transactions.ts'

it('does again what read before somebody else wrote, and then writes', async () => {
  const file = join(temporaryFolder(), 'ucr.db')
  const [ours, other] = [await openDatabase(file), await openDatabase(file)]
  ours.exec('CREATE TABLE seen (value INTEGER); INSERT INTO seen VALUES (1)')
  const seen: unknown[] = []
  await new Transactions(ours, { what: 'Numbers' }).view(() => {
    const value = ours.prepare('SELECT value FROM seen').get()?.['value']
    seen.push(value)
    if (seen.length === 1) other.exec('UPDATE seen SET value = 10')
    ours.exec(`UPDATE seen SET value = ${Number(value) + 1}`)
  })
  expect(seen).toEqual([1, 10])
  expect(other.prepare('SELECT value FROM seen').get()).toEqual({ value: 11 })
  ours.close()
  other.close()
})
