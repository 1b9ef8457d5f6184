import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

/** The list that the build wrote, and what it lists. */
const LIST = 'files.json'
export const PAGE = 'index.html'

/**
 * The files of the dashboard, by the names that the build gave them. They are read when the first is asked for, and then stay
 * in memory: what a client asks for never becomes a path.
 */
export class PageFiles {
  readonly #folders: readonly string[]
  #files: Promise<ReadonlyMap<string, PageFile> | null> | null = null

  /** `folders`: where they may be; the first that has a list counts. */
  constructor(folders: readonly string[]) {
    this.#folders = folders
  }

  /** Undefined where there is no such file; null where nothing was built. Rejects where what was built cannot be read. */
  async find(name: string): Promise<PageFile | undefined | null> {
    this.#files ??= this.#read()
    try {
      const files = await this.#files
      // It may be built while the gateway runs.
      if (files === null) this.#files = null
      return files === null ? null : files.get(name)
    } catch (thrown) {
      this.#files = null
      throw thrown
    }
  }

  async #read(): Promise<ReadonlyMap<string, PageFile> | null> {
    for (const folder of this.#folders) {
      const list = await readFile(join(folder, LIST), 'utf8').catch(() => null)
      if (list !== null) return readAll(folder, list)
    }
    return null
  }
}

async function readAll(folder: string, list: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries: readonly { readonly name: string; readonly type: string }[] = JSON.parse(list)
  return new Map(
    await Promise.all(
      entries.map(async ({ name, type }) => [name, { type, body: await readFile(join(folder, name)) }] as const),
    ),
  )
}
