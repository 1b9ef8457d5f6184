import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * The oldest that is known to keep a client's text from reading files of this machine, and to speak the channel as it is
 * spoken here.
 */
export const OLDEST_CLAUDE_CODE = '2.1.330'

/** Milliseconds for a program to say its version. */
const PATIENCE = 10_000

/** `2.1.330`; null for a program that does not say so. */
export async function versionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: PATIENCE })
    return stdout.match(/\d+\.\d+\.\d+/)?.[0] ?? null
  } catch {
    return null
  }
}

export function isRecent(version: string): boolean {
  const [given, oldest] = [numbersOf(version), numbersOf(OLDEST_CLAUDE_CODE)]
  const place = oldest.findIndex((number, index) => number !== given[index])
  return place === -1 || (given[place] ?? 0) > (oldest[place] ?? 0)
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number)
}

/** Asks each program once, and again when its file has changed: it updates itself. */
export class ProgramVersions {
  readonly #known = new Map<string, Promise<string | null>>()

  async of(program: string): Promise<string | null> {
    const { mtimeMs, ino } = await stat(program)
    const key = `${program} ${mtimeMs} ${ino}`
    const known = this.#known.get(key) ?? versionOf(program)
    this.#known.set(key, known)
    const version = await known
    // It may have been busy, or be half written.
    if (version === null) this.#known.delete(key)
    return version
  }
}
