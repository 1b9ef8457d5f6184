import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { readPrivateFile, replaceFile, writePrivateFile } from './private-file.ts'
import { ConfigError } from './problem.ts'

const modeOf = (path: string) => statSync(path).mode & 0o777

async function refusal(done: Promise<unknown>) {
  const error = await done.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ConfigError) return error.problems[0]?.message
  throw error
}

describe.skipIf(process.platform === 'win32')('writePrivateFile()', () => {
  it('makes a file and a folder that only their owner can use', async () => {
    const folder = join(temporaryFolder(), 'a', 'b')
    const path = join(folder, 'f')
    await writePrivateFile(path, 'secret')
    expect([modeOf(folder), modeOf(path), readFileSync(path, 'utf8')]).toEqual([0o700, 0o600, 'secret'])
  })

  it('replaces what is there, and leaves nothing else behind', async () => {
    const folder = join(temporaryFolder(), 'a')
    await writePrivateFile(join(folder, 'f'), 'one')
    await writePrivateFile(join(folder, 'f'), 'two')
    expect(readdirSync(folder)).toEqual(['f'])
    expect(readFileSync(join(folder, 'f'), 'utf8')).toBe('two')
  })

  it('refuses a folder that others can enter', async () => {
    const folder = join(temporaryFolder(), 'a')
    mkdirSync(folder, { mode: 0o755 })
    chmodSync(folder, 0o755)
    expect(await refusal(writePrivateFile(join(folder, 'f'), 'x'))).toContain('can be read by other users')
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses a symbolic link in place of the file, and does not touch what it names', async () => {
    const folder = join(temporaryFolder(), 'a')
    const target = join(folder, 'target')
    await writePrivateFile(target, 'untouched')
    symlinkSync(target, join(folder, 'f'))
    expect(await refusal(writePrivateFile(join(folder, 'f'), 'x'))).toContain('symbolic link')
    expect(readFileSync(target, 'utf8')).toBe('untouched')
  })

  it('refuses a symbolic link in place of the folder', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'real'), { mode: 0o700 })
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    expect(await refusal(writePrivateFile(join(folder, 'link', 'f'), 'x'))).toContain('is not a folder')
  })
})

describe.skipIf(process.platform === 'win32')('readPrivateFile()', () => {
  it('reads what was written, and gives null where nothing is', async () => {
    const path = join(temporaryFolder(), 'a', 'f')
    expect(await readPrivateFile(path)).toBeNull()
    await writePrivateFile(path, 'secret')
    expect(String(await readPrivateFile(path))).toBe('secret')
  })

  it.each([0o640, 0o604, 0o660, 0o610])('refuses a file of mode %o', async (mode) => {
    const path = join(temporaryFolder(), 'f')
    writeFileSync(path, 'secret')
    chmodSync(path, mode)
    expect(await refusal(readPrivateFile(path))).toContain('can be read by other users')
  })

  it('refuses a symbolic link and a folder', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'f'), 'x', { mode: 0o600 })
    symlinkSync(join(folder, 'f'), join(folder, 'link'))
    mkdirSync(join(folder, 'folder'), { mode: 0o700 })
    expect(await refusal(readPrivateFile(join(folder, 'link')))).toContain('symbolic link')
    expect(await refusal(readPrivateFile(join(folder, 'folder')))).toContain('not a regular file')
  })

  it.skipIf(process.geteuid?.() !== 0)('refuses the file of another user', async () => {
    const path = join(temporaryFolder(), 'f')
    writeFileSync(path, 'x', { mode: 0o600 })
    chownSync(path, 12_345, 12_345)
    expect(await refusal(readPrivateFile(path))).toContain('belongs to another user')
  })
})

describe('replaceFile()', () => {
  it('leaves the old file and no draft when it cannot rename', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'f', 'in-the-way'), { recursive: true })
    await expect(replaceFile(join(folder, 'f'), 'x', 0o600)).rejects.toThrow()
    expect(readdirSync(folder)).toEqual(['f'])
    expect(existsSync(join(folder, 'f', 'in-the-way'))).toBe(true)
  })
})
