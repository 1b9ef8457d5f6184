import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

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
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const created = await create(path)
  if (created !== null) return created
  const secret = await readFile(path)
  if (secret.length !== BYTES)
    throw new Error(`${path} is damaged: it must hold ${BYTES} bytes. Restore it from a backup, or delete it.`)
  return secret
}

/** Null when the file exists. Exclusive, so that of two gateways that start at once only one makes it. */
async function create(path: string): Promise<Buffer | null> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      const secret = randomBytes(BYTES)
      await file.write(secret)
      await file.sync()
      return secret
    } finally {
      await file.close()
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return null
    throw thrown
  }
}
