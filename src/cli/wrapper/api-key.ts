import { randomBytes } from 'node:crypto'
import { longFlag, text, type OptionSpec } from '../command.ts'
import { usageFailure } from '../failure.ts'

const SHORTEST = 8
const LONGEST = 256

/** An option whose value is a key for clients. What it was is never said. */
export function apiKey(flags: string, description: string): OptionSpec<string | null> {
  const { read, ...spec } = text(flags, description)
  return {
    ...spec,
    read: (raw) => {
      const key = read(raw)
      if (key === null || (key.length >= SHORTEST && key.length <= LONGEST && /^[\x21-\x7e]+$/.test(key))) return key
      throw usageFailure(
        `${longFlag(flags)} needs a key of ${SHORTEST} to ${LONGEST} visible ASCII characters; this one has ${key.length}.`,
        'Make one with: openssl rand -base64 24',
      )
    },
  }
}

/** 32 characters of A-Z, a-z, 0-9, "-" and "_". */
export function newApiKey(): string {
  return randomBytes(24).toString('base64url')
}
