import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode } from './locate.ts'
import { ConfigError, problemWithoutPlace } from './problem.ts'

/** Only its owner may read or write it, or enter the folder. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/**
 * Reads a file of secrets. Null when there is none. Throws ConfigError for a symbolic link, a file of somebody else, and
 * one that others can read: whoever made it so may also have changed what is in it.
 */
export async function readPrivateFile(path: string): Promise<Buffer | null> {
  try {
    // Checked on the open file, so that nobody can swap it between the look and the read.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    try {
      const status = await handle.stat()
      if (!status.isFile()) throw refused(path, 'is not a regular file', 'remove it')
      checkOwner(path, status, `chmod 600 ${path}`)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = errorCode(error)
    if (code === 'ENOENT') return null
    if (code === 'ELOOP') throw refused(path, 'is a symbolic link', 'put the file itself there')
    throw refused(path, `cannot be read (${code})`, 'make it readable for you alone')
  }
}

/** Replaces the file's content as a whole, or not at all. Makes the folder. Throws ConfigError as `readPrivateFile`. */
export async function writePrivateFile(path: string, content: string | Buffer): Promise<void> {
  await openPrivateFolder(dirname(path))
  const existing = await lstat(path).catch(() => null)
  if (existing?.isSymbolicLink() === true) throw refused(path, 'is a symbolic link', 'put the file itself there')
  if (existing !== null) checkOwner(path, existing, `chmod 600 ${path}`)
  try {
    await replaceFile(path, content, FILE_MODE)
  } catch (error) {
    throw refused(path, `cannot be written (${errorCode(error)})`, 'make its folder writable for you')
  }
}

/** Writes beside the file and renames: a reader sees the old content or the new, also after a crash in between. */
export async function replaceFile(path: string, content: string | Buffer, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const handle = await open(temporary, 'wx', mode)
  try {
    try {
      // The umask may have taken bits from a mode that the user chose.
      await handle.chmod(mode)
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

async function openPrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    throw refused(path, `cannot be made (${errorCode(error)})`, 'make the folder above it writable for you')
  }
  const status = await lstat(path)
  if (!status.isDirectory()) throw refused(path, 'is not a folder', 'remove it')
  checkOwner(path, status, `chmod 700 ${path}`)
}

function checkOwner(path: string, { uid, mode }: { readonly uid: number; readonly mode: number }, fix: string): void {
  const user = process.geteuid?.()
  // Windows keeps a user's folders apart by other means.
  if (user === undefined) return
  if (uid !== user) throw refused(path, 'belongs to another user', 'remove it, or run ucr as that user')
  if ((mode & 0o077) !== 0) throw refused(path, 'can be read by other users of this machine', fix)
}

function refused(file: string, message: string, fix: string): ConfigError {
  const sentence = `the place of the stored credentials ${message}`
  return new ConfigError([problemWithoutPlace({ severity: 'error', file, message: sentence, fix })])
}
