import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { configFolder, findConfig } from './locate.ts'
import { ConfigError } from './problem.ts'
import type { Environment } from './variables.ts'

/** A home and a working folder, empty. */
function machine() {
  const folder = temporaryFolder()
  const home = join(folder, 'home')
  const cwd = join(folder, 'project')
  mkdirSync(home)
  mkdirSync(cwd)
  const find = (path: string | null = null, environment: Environment = {}) =>
    findConfig({ path, environment, cwd, home })
  return { folder, home, cwd, find, local: join(cwd, 'ucr.config.json') }
}

function write(path: string, text = '{}', mode = 0o600): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

async function refusal(found: Promise<unknown>) {
  const error = await found.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ConfigError) return error.problems[0]
  throw error
}

const asRoot = process.geteuid?.() === 0
const OTHER_USER = 12_345

describe('findConfig()', () => {
  it('finds nothing on a fresh machine, and has nothing to say', async () => {
    expect(await machine().find()).toEqual({ found: null, problems: [] })
  })

  it('looks at --config, UCR_CONFIG, the config folder, the older folder, and the working folder, in this order', async () => {
    const { home, cwd, find, local } = machine()
    const places = []
    write(local)
    places.push((await find()).found)
    const older = write(join(home, '.ucr', 'config.json'))
    places.push((await find()).found)
    const own = write(join(home, '.config', 'ucr', 'ucr.config.json'))
    places.push((await find()).found)
    const variable = write(join(cwd, 'variable.json'))
    places.push((await find(null, { UCR_CONFIG: variable })).found)
    const named = write(join(cwd, 'named.json'))
    places.push((await find('named.json', { UCR_CONFIG: variable })).found)
    expect(places.map((found) => [found?.path, found?.place])).toEqual([
      [local, 'working folder'],
      [older, 'user folder'],
      [own, 'user folder'],
      [variable, 'UCR_CONFIG'],
      [named, '--config'],
    ])
  })

  it('takes the config folder from XDG_CONFIG_HOME when that is absolute', async () => {
    const { folder, home, find } = machine()
    const xdg = join(folder, 'xdg')
    const path = write(join(xdg, 'ucr', 'ucr.config.json'))
    expect((await find(null, { XDG_CONFIG_HOME: xdg })).found?.path).toBe(path)
    expect(configFolder({ XDG_CONFIG_HOME: 'relative' }, home)).toBe(join(home, '.config', 'ucr'))
  })

  it('says that the file in the working folder is not used beside one of the user', async () => {
    const { home, find, local } = machine()
    write(local)
    write(join(home, '.config', 'ucr', 'ucr.config.json'))
    expect((await find()).problems).toMatchObject([
      { severity: 'warning', file: local, fix: `name it with --config ${local}` },
    ])
  })

  it('reads no .env and no other file of the working folder', async () => {
    const { cwd, find } = machine()
    write(join(cwd, '.env'), 'UCR_CONFIG=other.json')
    write(join(cwd, 'other.json'))
    write(join(cwd, 'config.json'))
    expect((await find()).found).toBeNull()
  })

  it('says how to fix a named file that does not exist', async () => {
    const { cwd, find } = machine()
    expect(await refusal(find('nope.json'))).toMatchObject({
      severity: 'error',
      file: join(cwd, 'nope.json'),
      field: '--config',
      message: 'names a file that does not exist',
      fix: 'correct the path, or write a new config with "ucr setup"',
    })
    expect(await refusal(find(null, { UCR_CONFIG: 'nope.json' }))).toMatchObject({ field: 'UCR_CONFIG' })
  })

  it('refuses a folder, a file that is too large, and one that is not UTF-8', async () => {
    const { cwd, find } = machine()
    const file = join(cwd, 'c.json')
    expect(await refusal(find('.'))).toMatchObject({ message: 'names a file that is a folder' })
    write(file, ' '.repeat(4 * 1024 * 1024 + 1))
    expect(await refusal(find('c.json'))).toMatchObject({ message: 'names a file that is larger than 4 MB' })
    writeFileSync(file, Buffer.from([0x7b, 0xff, 0x7d]))
    expect(await refusal(find('c.json'))).toMatchObject({ message: 'names a file that is not UTF-8' })
    writeFileSync(file, Buffer.from('\uFEFF{}', 'utf16le'))
    expect(await refusal(find('c.json'))).toMatchObject({ message: 'names a file that is not UTF-8 but UTF-16' })
  })

  it('reads a file with a byte order mark', async () => {
    const { find, local } = machine()
    write(local, '\uFEFF{}')
    expect((await find()).found?.text).toBe('{}')
  })

  it.skipIf(process.platform === 'win32').each([
    ['its group', 0o620],
    ['everybody', 0o602],
  ])('does not use a file in the working folder that %s can write to, and says how to', async (_, mode) => {
    const { find, local } = machine()
    write(local, '{}', mode)
    const { found, problems } = await find()
    expect(found).toBeNull()
    expect(problems).toMatchObject([
      { severity: 'warning', file: local, fix: `chmod go-w ${local}, or name it with --config ${local}` },
    ])
  })

  it.skipIf(!asRoot)('does not use a file in the working folder that belongs to somebody else', async () => {
    const { find, local } = machine()
    chownSync(write(local), OTHER_USER, OTHER_USER)
    const { found, problems } = await find()
    expect(found).toBeNull()
    expect(problems).toMatchObject([{ message: expect.stringContaining('belongs to another user') }])
  })

  it.skipIf(!asRoot)('does not follow a link that somebody else put into the working folder', async () => {
    const { home, find, local } = machine()
    symlinkSync(write(join(home, 'mine.json')), local)
    expect((await find()).found?.path).toBe(local)
    lchownSync(local, OTHER_USER, OTHER_USER)
    expect((await find()).found).toBeNull()
  })

  it.skipIf(process.platform === 'win32')(
    'uses a named or own file that others can write to, with a warning',
    async () => {
      const { home, cwd, find } = machine()
      const own = write(join(home, '.config', 'ucr', 'ucr.config.json'), '{}', 0o666)
      const named = write(join(cwd, 'named.json'), '{}', 0o666)
      for (const [path, lookup] of [
        [own, find()],
        [named, find(named)],
      ] as const) {
        const { found, problems } = await lookup
        expect(found?.path).toBe(path)
        expect(problems).toMatchObject([{ severity: 'warning', file: path, fix: `chmod go-w ${path}` }])
      }
    },
  )
})
