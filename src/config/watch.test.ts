import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { watchConfig } from './watch.ts'

/** Watches `path`; `change()` resolves at the next change that is reported. */
async function watched(path: string, alsoPaths: readonly string[] = []) {
  let count = 0
  let announce: () => void = () => undefined
  const watcher = await watchConfig({
    paths: [path, ...alsoPaths],
    onChange: () => {
      count++
      announce()
    },
    onError: (error) => expect.unreachable(String(error)),
  })
  onTestFinished(() => watcher.close())
  return {
    watcher,
    count: () => count,
    change: () =>
      new Promise<void>((resolve) => {
        announce = resolve
      }),
  }
}

function configIn(folder: string): string {
  const path = join(folder, 'ucr.config.json')
  writeFileSync(path, '{}')
  return path
}

describe('watchConfig()', () => {
  it('notices a write in place, and the next', async () => {
    const path = configIn(temporaryFolder())
    const { change } = await watched(path)
    for (const text of ['{ "plan": "auto" }', '{}', '{ }']) {
      const changed = change()
      writeFileSync(path, text)
      await changed
    }
  })

  it('notices a file that is renamed over it, and the next', async () => {
    const folder = temporaryFolder()
    const path = configIn(folder)
    const { change } = await watched(path)
    for (const name of ['a', 'b', 'c']) {
      const changed = change()
      writeFileSync(join(folder, name), `{ "${name}": 1 }`)
      renameSync(join(folder, name), path)
      await changed
    }
  })

  it('notices that the file is removed, and that it comes back', async () => {
    const path = configIn(temporaryFolder())
    const { change } = await watched(path)
    const removed = change()
    rmSync(path)
    await removed
    const back = change()
    writeFileSync(path, '{}')
    await back
  })

  it('notices a link on the way that is swapped, as Kubernetes does, again and again', async () => {
    const folder = temporaryFolder()
    const version = (name: string): void => {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'ucr.config.json'), `{ "${name}": 1 }`)
      symlinkSync(name, join(folder, '..tmp'))
      renameSync(join(folder, '..tmp'), join(folder, '..data'))
    }
    version('..1')
    const path = join(folder, 'ucr.config.json')
    symlinkSync(join('..data', 'ucr.config.json'), path)
    const { change } = await watched(path)
    for (const name of ['..2', '..3', '..4']) {
      const changed = change()
      version(name)
      await changed
    }
    const written = change()
    writeFileSync(join(folder, '..4', 'ucr.config.json'), '{ "in": "place" }')
    await written
  })

  it('notices a folder on the way that is a link to another now', async () => {
    const folder = temporaryFolder()
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'c.json'), `{ "${name}": 1 }`)
    }
    symlinkSync('one', join(folder, 'current'))
    const { change } = await watched(join(folder, 'current', 'c.json'))
    const changed = change()
    symlinkSync('two', join(folder, 'next'))
    renameSync(join(folder, 'next'), join(folder, 'current'))
    await changed
    const written = change()
    writeFileSync(join(folder, 'two', 'c.json'), '{}')
    await written
  })

  it('notices a folder that is removed with its file, and comes back with another', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a', 'b', 'c.json')
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    writeFileSync(path, '{}')
    const { change } = await watched(path)
    const removed = change()
    rmSync(join(folder, 'a'), { recursive: true })
    await removed
    const back = change()
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    writeFileSync(path, '{ "back": 1 }')
    await back
  })

  it('is not misled by links that point at each other', async () => {
    const folder = temporaryFolder()
    symlinkSync('b', join(folder, 'a'))
    symlinkSync('a', join(folder, 'b'))
    const { change } = await watched(join(folder, 'a'))
    const changed = change()
    rmSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a'), '{}')
    await changed
  })

  it('notices changes of the other files', async () => {
    const folder = temporaryFolder()
    const path = configIn(folder)
    const router = join(folder, 'router.js')
    writeFileSync(router, '')
    const { change } = await watched(path, [router])
    const changed = change()
    writeFileSync(router, '// new')
    await changed
  })

  it('reports nothing while the content stays the same, or while other files of the folder change', async () => {
    const folder = temporaryFolder()
    const path = configIn(folder)
    const { change, count } = await watched(path)
    writeFileSync(path, '{}')
    writeFileSync(join(folder, 'ucr.log'), 'a line')
    const other = await watched(join(folder, 'ucr.log'))
    const seen = other.change()
    writeFileSync(join(folder, 'ucr.log'), 'another line')
    await seen
    expect(count()).toBe(0)
    const changed = change()
    writeFileSync(path, '{ "a": 1 }')
    await changed
  })

  it('reports a burst of changes once', async () => {
    const path = configIn(temporaryFolder())
    const { change, count } = await watched(path)
    const changed = change()
    for (let index = 0; index < 20; index++) writeFileSync(path, `{ "a": ${index} }`)
    await changed
    expect(count()).toBe(1)
  })

  it('reports nothing once it is closed, not even a burst that began before', async () => {
    const folder = temporaryFolder()
    const path = configIn(folder)
    const { watcher, count } = await watched(path)
    const other = await watched(path)
    const seen = other.change()
    writeFileSync(path, '{ "a": 1 }')
    await watcher.close()
    await seen
    expect(count()).toBe(0)
  })
})
