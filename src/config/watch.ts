import { type FSWatcher, watch } from 'node:fs'
import { readFile, readlink, stat } from 'node:fs/promises'
import { basename, dirname, parse, resolve, sep } from 'node:path'
import { sha256 } from '../lib/hash.ts'
import { errorCode } from './locate.ts'

export interface WatchOptions {
  /** Absolute: the config, and what it depends on: a custom router, certificates. */
  readonly paths: readonly string[]
  /** Called once for a burst of changes, when it is over and the content of a file is another than before. */
  readonly onChange: () => void
  /** The system takes no more watches: changes may go unnoticed from here on. */
  readonly onError: (error: unknown) => void
}

export interface ConfigWatcher {
  close(): Promise<void>
}

/**
 * Notices in-place writes, files renamed over the watched one, files and folders that go and come back, and a symbolic
 * link anywhere on the way that now points elsewhere (how Kubernetes updates a ConfigMap). Ready when the promise
 * resolves. Does not keep the process alive.
 */
export async function watchConfig(options: WatchOptions): Promise<ConfigWatcher> {
  const watcher = new FileWatcher(options)
  await watcher.start()
  return watcher
}

/** Milliseconds of quiet that end a burst: editors write, rename and touch. */
const QUIET = 200

/** Links that point at each other must not be followed for ever. */
const MOST_LINKS = 40

interface WatchedFolder {
  readonly watcher: FSWatcher
  /** Another folder may come to stand at the same path. */
  readonly inode: number
  readonly names: Set<string>
}

/**
 * Watches folders rather than files: a watch on a file stays with the old file when another is renamed over it, and a
 * watch on a link with what the link named at first.
 */
class FileWatcher implements ConfigWatcher {
  readonly #options: WatchOptions
  readonly #paths: readonly string[]
  readonly #folders = new Map<string, WatchedFolder>()
  #timer: NodeJS.Timeout | undefined
  #checks: Promise<void> = Promise.resolve()
  #content = ''
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#paths = options.paths
  }

  async start(): Promise<void> {
    await this.#arrange()
    this.#content = await contentOf(this.#paths)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const folder of this.#folders.keys()) this.#leave(folder)
    await this.#checks
  }

  #later(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#checks = this.#checks.then(() => this.#check())
    }, QUIET)
  }

  async #check(): Promise<void> {
    // Before reading: what changes after that causes another check.
    await this.#arrange()
    const content = await contentOf(this.#paths)
    if (this.#closed || content === this.#content) return
    this.#content = content
    this.#options.onChange()
  }

  /** Watches the folders that matter now, and no others. */
  async #arrange(): Promise<void> {
    let places = await this.#places()
    for (;;) {
      await this.#enterAll(places)
      // What appeared before its folder was watched was reported by nobody.
      const now = await this.#places()
      if (now.join('\0') === places.join('\0')) return
      places = now
    }
  }

  async #places(): Promise<readonly string[]> {
    return (await Promise.all(this.#paths.map(placesOf))).flat()
  }

  async #enterAll(places: readonly string[]): Promise<void> {
    const wanted = new Map<string, Set<string>>()
    for (const place of places) {
      const folder = dirname(place)
      // A folder that is removed reports itself by its own name.
      const names = wanted.get(folder) ?? new Set([basename(folder)])
      wanted.set(folder, names.add(basename(place)))
    }
    for (const folder of this.#folders.keys()) if (!wanted.has(folder)) this.#leave(folder)
    for (const [folder, names] of wanted) await this.#enter(folder, names)
  }

  async #enter(folder: string, names: Set<string>): Promise<void> {
    const inode = await stat(folder).then(
      ({ ino }) => ino,
      () => null,
    )
    if (this.#folders.get(folder)?.inode !== inode) this.#leave(folder)
    if (inode === null || this.#closed) return
    const watched = this.#folders.get(folder)
    if (watched !== undefined) {
      watched.names.clear()
      for (const name of names) watched.names.add(name)
      return
    }
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name === null || names.has(name)) this.#later()
      })
      watcher.on('error', this.#options.onError)
      this.#folders.set(folder, { watcher, inode, names })
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #leave(folder: string): void {
    this.#folders.get(folder)?.watcher.close()
    this.#folders.delete(folder)
  }
}

/**
 * Where a change changes what `path` leads to: each symbolic link on the way, and the file itself, or the first part of
 * the way that does not exist.
 */
async function placesOf(path: string): Promise<string[]> {
  const places: string[] = []
  let at = parse(path).root
  let rest = partsOf(path)
  while (places.length < MOST_LINKS) {
    const [part, ...further] = rest
    if (part === undefined) break
    const next = resolve(at, part)
    const target = await readlink(next).catch(() => null)
    if (target !== null) {
      places.push(next)
      const linked = resolve(at, target)
      at = parse(linked).root
      rest = [...partsOf(linked), ...further]
    } else if (further.length === 0 || !(await exists(next))) {
      return [...places, next]
    } else {
      at = next
      rest = further
    }
  }
  return places
}

function partsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== '')
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The same text for the same content of all files. */
async function contentOf(paths: readonly string[]): Promise<string> {
  const digests = paths.map(async (path) => {
    try {
      return sha256(await readFile(path))
    } catch (error) {
      return errorCode(error)
    }
  })
  return (await Promise.all(digests)).join()
}
