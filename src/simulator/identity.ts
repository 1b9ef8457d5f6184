import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Turn } from './conversation.ts'

/**
 * Sixteen hexadecimal digits that stand for a request. The whole prompt is not hashed (that would cost more than the
 * answer): its size and its newest turn are enough to tell the requests of one conversation apart.
 */
export function seedOf(model: string, inputTokens: number, turns: readonly Turn[]): string {
  return digest(JSON.stringify([model, inputTokens, turns.length, turns.at(-1) ?? null]))
}

export function digest(text: string): string {
  return hash('sha1', text, 'hex').slice(0, 16)
}

/** Not a secret: signatures have to be recognised by a simulator that was started anew, not to keep anybody out. */
const SIGNING_KEY = 'universal-claude-router simulator'

const BOUND = 1
const SEED_AT = 2
const PREFIX_AT = 10
const HEAD_BYTES = 18
const MAC_BYTES = 16

/** What a signature vouches for. Changing the text afterwards breaks it, as the vendor's does. */
export interface Sealed {
  readonly kind: 'thinking' | 'redacted-thinking'
  readonly text: string
}

/**
 * The signature of a thinking block, or the data of a redacted one: base64 of a flag, the part's place, the answer's
 * seed, the digest of the prompt that the block is bound to (zeros where it is not) and a MAC.
 */
export function sign(sealed: Sealed, seed: string, ordinal: number, prefix: string | null): string {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = prefix === null ? 0 : BOUND
  head[1] = ordinal
  head.write(seed, SEED_AT, 'hex')
  if (prefix !== null) head.write(prefix, PREFIX_AT, 'hex')
  return Buffer.concat([head, mac(head, sealed)]).toString('base64')
}

/** `foreign`: not made here, or its text was changed. `moved`: bound to another prompt. */
export function verify(signature: string, sealed: Sealed, prefix: () => string): 'valid' | 'foreign' | 'moved' {
  const bytes = Buffer.from(signature, 'base64')
  if (bytes.length !== HEAD_BYTES + MAC_BYTES || bytes.toString('base64') !== signature) return 'foreign'
  const head = bytes.subarray(0, HEAD_BYTES)
  if (!timingSafeEqual(mac(head, sealed), bytes.subarray(HEAD_BYTES))) return 'foreign'
  if (head[0] !== BOUND) return 'valid'
  return head.toString('hex', PREFIX_AT) === prefix() ? 'valid' : 'moved'
}

function mac(head: Buffer, sealed: Sealed): Buffer {
  const text = `${sealed.kind}\n${sealed.text}`
  return createHmac('sha256', SIGNING_KEY).update(head).update(text).digest().subarray(0, MAC_BYTES)
}
