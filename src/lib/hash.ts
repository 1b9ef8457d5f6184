import { hash } from 'node:crypto'

/** SHA-256 of the text's UTF-8 (or of the bytes) in hex, its first `length` digits. For stable names, never for secrets. */
export function sha256(text: string | Buffer, length = 64): string {
  return hash('sha256', text, 'hex').slice(0, length)
}
