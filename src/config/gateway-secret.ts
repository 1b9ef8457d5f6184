import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openKeptFile } from './kept-file.ts'

const BYTES = 32

/**
 * This installation's secret, from which the keys of carriers are derived. Kept in a file, because a conversation that
 * was begun before a restart goes on after it.
 *
 * Throws what the file system throws; a file of the wrong length is an error too, never replaced: carriers out there
 * would all become invalid.
 */
export async function openGatewaySecret(folder: string): Promise<Buffer> {
  const path = join(folder, 'gateway.secret')
  const secret = await openKeptFile(path, () => randomBytes(BYTES))
  if (secret.length !== BYTES)
    throw new Error(`${path} is damaged: it must hold ${BYTES} bytes. Restore it from a backup, or delete it.`)
  return secret
}
