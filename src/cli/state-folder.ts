import { chmod, lstat, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'

/** Whose gateways they are. */
export type Person = Pick<Surroundings, 'environment' | 'home'>

/**
 * Where running gateways leave their record and the background one its log: `$XDG_STATE_HOME/ucr`, by default
 * `~/.local/state/ucr`, on Windows `%LOCALAPPDATA%\ucr`. Never the shared temporary folder, where anybody can put a
 * record that makes `ucr stop` signal some other process.
 */
export function stateFolder({ environment, home }: Person): string {
  const { XDG_STATE_HOME: state, LOCALAPPDATA: localData } = environment
  // The XDG specification: a relative path is invalid and must be ignored.
  if (state !== undefined && isAbsolute(state)) return join(state, 'ucr')
  if (process.platform === 'win32' && localData !== undefined) return join(localData, 'ucr')
  return join(home, '.local', 'state', 'ucr')
}

/** Makes the folder, readable by its owner only. Throws `Failure` when it belongs to somebody else. */
export async function openStateFolder(person: Person): Promise<string> {
  const folder = stateFolder(person)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return folder
  const status = await lstat(folder)
  if (!status.isDirectory() || status.uid !== userInfo().uid) {
    throw new Failure(`${folder} is not a folder of yours, so nothing can be kept there.`, {
      fix: 'Remove it, or name another place with XDG_STATE_HOME.',
    })
  }
  if ((status.mode & 0o077) !== 0) await chmod(folder, 0o700)
  return folder
}
