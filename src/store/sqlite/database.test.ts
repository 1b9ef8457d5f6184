import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { openDatabase } from './database.ts'

const file = (): string => join(temporaryFolder(), 'ucr.db')

describe('openDatabase()', () => {
  it.skipIf(process.platform === 'win32')('makes files that only their owner can read', async () => {
    const path = file()
    const database = await openDatabase(path)
    database.exec('CREATE TABLE a (b TEXT)')
    const modes = ['', '-wal', '-shm'].map((end) => statSync(path + end).mode & 0o777)
    database.close()
    expect(modes).toEqual([0o600, 0o600, 0o600])
  })

  it.skipIf(process.platform === 'win32')('refuses a symbolic link', async () => {
    const path = file()
    writeFileSync(`${path}.other`, '')
    symlinkSync(`${path}.other`, path)
    await expect(openDatabase(path)).rejects.toMatchObject({ code: 'ELOOP' })
  })

  it('refuses what is no database', async () => {
    const path = file()
    writeFileSync(path, 'a page of text that is longer than the head of a database '.repeat(100))
    await expect(openDatabase(path)).rejects.toThrow(/not a database/)
  })

  it('finds what was there, and makes no table twice', async () => {
    const path = file()
    const first = await openDatabase(path)
    first.exec('CREATE TABLE a (b TEXT); INSERT INTO a VALUES (1)')
    first.close()
    const second = await openDatabase(path)
    expect(second.prepare('SELECT b FROM a').all()).toMatchObject([{ b: '1' }])
    second.close()
  })

  it('refuses a file of a newer version, and leaves it as it is', async () => {
    const path = file()
    const database = await openDatabase(path)
    database.exec('PRAGMA user_version = 1000')
    database.close()
    await expect(openDatabase(path)).rejects.toThrow('newer version')
  })

  it('can be opened for the first time by several processes at once', async () => {
    const path = file()
    const script = `import { openDatabase } from ${JSON.stringify(import.meta.resolve('./database.ts'))}
      const database = await openDatabase(${JSON.stringify(path)})
      database.exec('PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS a (b TEXT); INSERT INTO a VALUES (1)')
      database.close()`
    const exits = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const errors: string[] = []
      child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
      const [code]: unknown[] = await once(child, 'close')
      return code === 0 ? 'done' : errors.join('')
    })
    expect(await Promise.all(exits)).toEqual(['done', 'done', 'done', 'done'])
    const database = await openDatabase(path)
    expect(database.prepare('SELECT count(*) AS rows FROM a').get()).toMatchObject({ rows: 4 })
    database.close()
  })
})
