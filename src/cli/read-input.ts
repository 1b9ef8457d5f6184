import { readFile } from 'node:fs/promises'
import { Failure, reasonOf, usageFailure } from './failure.ts'

/** More is no request, no key and no config. */
const LARGEST = 64 * 1024 * 1024

/** Standard input to its end. */
export async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    size += bytes.length
    if (size > LARGEST) throw usageFailure('There is more than 64 MB on standard input.')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

/** A file's content, or standard input's for `-`. */
export async function readInput(file: string): Promise<Buffer> {
  if (file === '-') return readStandardInput()
  try {
    return await readFile(file)
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}
