import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKey } from '../admission/keys.ts'
import { openKeptFile } from './kept-file.ts'
import { errorCode } from './locate.ts'

const PREFIX = 'ucr_admin_'

/**
 * The token for the admin API of this user's gateways, in clear: whoever may read the state folder may do everything
 * anyway. Made on first use. Throws what the file system throws, and for a file that holds something else.
 */
export async function openAdminToken(folder: string): Promise<string> {
  const path = pathIn(folder)
  return checked(path, await openKeptFile(path, () => Buffer.from(`${generateKey(PREFIX)}\n`)))
}

/** Null where none was made yet. Throws as `openAdminToken`. */
export async function readAdminToken(folder: string): Promise<string | null> {
  const path = pathIn(folder)
  try {
    return checked(path, await readFile(path))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function pathIn(folder: string): string {
  return join(folder, 'admin.token')
}

function checked(path: string, content: Buffer): string {
  const token = content.toString('latin1').trim()
  if (/^[\x21-\x7e]{16,256}$/.test(token)) return token
  throw new Error(`${path} is damaged: it must hold the admin token. Delete it, and a new one is made.`)
}
