import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

export type CaptureKind = 'heap' | 'cpu'

/** A file of a capture. */
export interface Capture {
  readonly name: string
  readonly path: string
  readonly kind: CaptureKind
  readonly bytes: number
  /** The process that it is of. */
  readonly pid: number
  /** Unix milliseconds. */
  readonly created: number
}

const ENDINGS: Readonly<Record<CaptureKind, string>> = { heap: 'heapsnapshot', cpu: 'cpuprofile' }

const NAME = /^(?:(heap)-(\d{1,15})-(\d{1,10})\.heapsnapshot|(cpu)-(\d{1,15})-(\d{1,10})\.cpuprofile)$/
/** What is not whole yet, or never will be. */
const PARTIAL = /^\.(?:heap|cpu)-\d{1,15}-(\d{1,10})\.\w+\.partial$/

/** Only its owner may read it: whatever was in memory is in it, prompts and keys too. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** Where captures are kept. A name is good only as one of the list, so no name leads out of the folder. */
export class CaptureFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Newest first. */
  async list(): Promise<readonly Capture[]> {
    const found = await Promise.all((await this.#names()).map((name) => this.#look(name)))
    return found.filter((capture) => capture !== null).toSorted((a, b) => b.created - a.created)
  }

  /** To be closed. Null where there is no such capture. */
  async open(name: string): Promise<{ readonly file: FileHandle; readonly bytes: number } | null> {
    const capture = await this.#find(name)
    if (capture === null) return null
    const file = await open(capture.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    return { file, bytes: (await file.stat()).size }
  }

  /** False where there is no such capture. */
  async remove(name: string): Promise<boolean> {
    const capture = await this.#find(name)
    if (capture === null) return false
    await rm(capture.path, { force: true })
    return true
  }

  /** Leaves the newest `most`; gives the names of those that went. */
  async prune(most: number): Promise<readonly string[]> {
    const old = (await this.list()).slice(most)
    await Promise.all(old.map(({ path }) => rm(path, { force: true })))
    return old.map(({ name }) => name)
  }

  /** Bytes that this user may still write there. Makes the folder, and clears it of what died half written. */
  async room(): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE })
    for (const name of await this.#names()) {
      const [, pid] = PARTIAL.exec(name) ?? []
      if (pid !== undefined && isGone(Number(pid))) await rm(join(this.#folder, name), { force: true })
    }
    const { bavail, bsize } = await statfs(this.#folder)
    return bavail * bsize
  }

  /** `write` fills the file that it is given the path of. It becomes a capture whole, or not at all. */
  async add(kind: CaptureKind, created: number, write: (path: string) => void | Promise<void>): Promise<Capture> {
    const { pid } = process
    const name = `${kind}-${created}-${pid}.${ENDINGS[kind]}`
    const [partial, path] = [join(this.#folder, `.${name}.partial`), join(this.#folder, name)]
    await (await open(partial, 'wx', FILE_MODE)).close()
    try {
      await write(partial)
      await rename(partial, path)
    } catch (thrown) {
      await rm(partial, { force: true })
      throw thrown
    }
    return { name, path, kind, bytes: (await lstat(path)).size, pid, created }
  }

  async #find(name: string): Promise<Capture | null> {
    return (await this.#names()).includes(name) ? this.#look(name) : null
  }

  async #look(name: string): Promise<Capture | null> {
    const [, heap, heapTime, heapPid, , cpuTime, cpuPid] = NAME.exec(name) ?? []
    const [created, pid] = heap === undefined ? [cpuTime, cpuPid] : [heapTime, heapPid]
    if (created === undefined || pid === undefined) return null
    const path = join(this.#folder, name)
    const status = await lstat(path).catch(() => null)
    if (status === null || !status.isFile()) return null
    const kind = heap === undefined ? 'cpu' : 'heap'
    return { name, path, kind, bytes: status.size, pid: Number(pid), created: Number(created) }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder)
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
      throw thrown
    }
  }
}

function isGone(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH'
  }
}
