import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `test/system/install.mjs` unpacked. */
const UNPACKED = fileURLToPath(new URL('../../.cache/programs/usr', import.meta.url))

/** A server of the system, or one that was unpacked; null where there is none. `version`: the flag that only asks for it. */
export function programOf(name: string, version: '-v' | '--version'): string | null {
  const places = [name, join('/usr/sbin', name), join(UNPACKED, 'sbin', name), join(UNPACKED, 'bin', name)]
  return places.find((place) => spawnSync(place, [version], { env: programEnvironment() }).status === 0) ?? null
}

/** Unpacked programs find their libraries beside them. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const folder = join(UNPACKED, 'lib')
  const libraries = readdirSafely(folder).map((name) => join(folder, name))
  return { PATH: process.env['PATH'], ...(libraries.length > 0 && { LD_LIBRARY_PATH: libraries.join(':') }) }
}

function readdirSafely(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
