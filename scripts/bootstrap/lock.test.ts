import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from './lock.mjs'

const LOCK_MODULE = pathToFileURL(join(import.meta.dirname, 'lock.mjs')).href

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ucr-lock-'))
})

afterEach(() => rmSync(root, { recursive: true }))

/** A process that runs `body` under the lock; `root` and `fs` are at hand there. */
function contender(body: string): ChildProcess {
  const program = `
    import { withLock } from ${JSON.stringify(LOCK_MODULE)}
    import * as fs from 'node:fs'
    const root = ${JSON.stringify(root)}
    await withLock(root, async () => { ${body} })
  `
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'pipe'] })
}

describe('withLock()', () => {
  it('gives what the job gives, and leaves no lock behind', async () => {
    await expect(withLock(root, () => Promise.resolve('done'))).resolves.toBe('done')
    expect(existsSync(join(root, '.cache', 'setup.lock'))).toBe(false)
  })

  it('leaves no lock behind when the job fails', async () => {
    await expect(withLock(root, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(join(root, '.cache', 'setup.lock'))).toBe(false)
  })

  it('lets processes in one at a time', async () => {
    const job = `
      const path = root + '/log'
      fs.appendFileSync(path, '<')
      await new Promise((resolve) => setTimeout(resolve, 20))
      fs.appendFileSync(path, '>')
    `
    const contenders = [contender(job), contender(job), contender(job)]
    await Promise.all(contenders.map((child) => once(child, 'exit')))
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('<><><>')
  })

  it('takes over from a process that was killed', async () => {
    const victim = contender("process.stdout.write('in'); await new Promise(() => setInterval(() => {}, 1000))")
    if (victim.stdout === null) throw new Error('no output')
    await once(victim.stdout, 'data')
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    expect(existsSync(join(root, '.cache', 'setup.lock'))).toBe(true)
    await expect(withLock(root, () => Promise.resolve('mine'))).resolves.toBe('mine')
  })

  it('says what to do about a folder that cannot be written', async () => {
    // A file where the folder should be refuses even root.
    writeFileSync(join(root, '.cache'), '')
    await expect(withLock(root, () => Promise.resolve())).rejects.toThrow(
      /cannot be written \(E\w+\)\. Make the folder/,
    )
  })

  it('waits for a lock whose writer has not said who it is', async () => {
    const path = join(root, '.cache', 'setup.lock')
    mkdirSync(join(root, '.cache'))
    writeFileSync(path, '')
    const entered = withLock(root, () => Promise.resolve('in'))
    rmSync(path)
    await expect(entered).resolves.toBe('in')
  })
})
