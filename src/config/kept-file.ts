import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from './locate.ts'

/**
 * The content of a file that is made once, for its owner only, and then stays as it is. Of several processes that want it
 * at once one makes it, and none reads half of it. Throws what the file system throws.
 */
export async function openKeptFile(path: string, make: () => Buffer): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await create(path, make())
  return readFile(path)
}

/** Some file systems have no links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** It gets its name when it is whole. Where somebody else was faster, theirs stays. */
async function create(path: string, content: Buffer): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
    await link(temporary, path)
  } catch (error) {
    if (NO_LINKS.has(errorCode(error))) await writeFile(path, content, { flag: 'wx', mode: 0o600 })
    else if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    await file.close()
    await unlink(temporary).catch(() => undefined)
  }
}
