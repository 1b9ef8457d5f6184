import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Visible, so that secret scanners and people recognise a key of ours. */
export const KEY_PREFIX = 'ucr_'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_LENGTH = 32
const CHECKSUM_LENGTH = 6

/**
 * A new key: its prefix, 190 random bits, and a checksum, so that a truncated or mistyped key is recognised without a
 * look-up.
 */
export function generateKey(prefix = KEY_PREFIX): string {
  let random = ''
  while (random.length < RANDOM_LENGTH) {
    // Bytes from 248 on would make the first letters of the alphabet likelier.
    for (const byte of randomBytes(48)) {
      if (byte < 248 && random.length < RANDOM_LENGTH) random += ALPHABET[byte % 62]
    }
  }
  return prefix + random + checksum(random)
}

/** Was `key` made by `generateKey` and copied whole? Says nothing about whether it is accepted. */
export function isIntactKey(key: string): boolean {
  const body = key.slice(KEY_PREFIX.length)
  if (!key.startsWith(KEY_PREFIX) || body.length !== RANDOM_LENGTH + CHECKSUM_LENGTH) return false
  return body.slice(RANDOM_LENGTH) === checksum(body.slice(0, RANDOM_LENGTH))
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < CHECKSUM_LENGTH; index++) {
    digits = (ALPHABET[rest % 62] ?? '') + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** The form in which a key is kept: `sha256:<hex>`. Keys are random, so a slow hash would only slow requests down. */
export function hashKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** For displays: the last four characters, or none of a key so short that they would be most of it. */
export function maskKey(key: string): string {
  const prefix = key.startsWith(KEY_PREFIX) ? KEY_PREFIX : ''
  return key.length >= 12 ? `${prefix}…${key.slice(-4)}` : '…'
}
