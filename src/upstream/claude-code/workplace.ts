import { mkdtempSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where one process works and leaves what it needs for a while. */
export interface Workplace {
  /** The folder that holds those of all processes. */
  readonly root: string
  readonly folder: string
  readonly variables: Readonly<Record<string, string>>
  /** Removes what is ours of it. */
  clear(): Promise<void>
}

/**
 * Folders for processes, under one that only this user can enter. They are taken again by number, because the program
 * tells the model where it works, and a vendor's prompt cache ends where a path differs.
 */
export class Workplaces {
  readonly #taken = new Set<number>()
  #root: string | null = null

  /** `own`: the folder of the config, which is used and never removed. */
  take(own: string | null): Workplace {
    this.#root ??= mkdtempSync(join(tmpdir(), 'ucr-claude-code-'))
    let number = 1
    while (this.#taken.has(number)) number++
    this.#taken.add(number)
    const place = join(this.#root, String(number))
    const work = join(place, 'work')
    const temporary = join(place, 'tmp')
    mkdirSync(work, { recursive: true })
    mkdirSync(temporary, { recursive: true })
    return {
      root: this.#root,
      folder: own ?? work,
      variables: { TMPDIR: temporary, CLAUDE_CODE_TMPDIR: temporary },
      clear: async () => {
        await removed(place)
        this.#taken.delete(number)
      },
    }
  }

  async close(): Promise<void> {
    if (this.#root !== null) await removed(this.#root)
    this.#root = null
  }
}

/** What a process that was just ended still held open may be in the way for a moment. */
async function removed(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
}
