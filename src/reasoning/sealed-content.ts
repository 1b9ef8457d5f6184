import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const VECTOR = 12
const TAG = 16

/** Encrypts for this name: nobody can put it under another. `key`: 32 bytes. */
export function sealContent(key: KeyObject, name: string, text: string): Buffer {
  const vector = randomBytes(VECTOR)
  const cipher = createCipheriv(ALGORITHM, key, vector).setAAD(Buffer.from(name))
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([vector, cipher.getAuthTag(), content])
}

/** Null for what was not sealed with this key and for this name, or is not whole. */
export function openContent(key: KeyObject, name: string, sealed: Buffer): string | null {
  if (sealed.length < VECTOR + TAG) return null
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, VECTOR), { authTagLength: TAG })
    .setAAD(Buffer.from(name))
    .setAuthTag(sealed.subarray(VECTOR, VECTOR + TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(VECTOR + TAG)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
