import { createHash } from 'node:crypto'
import type { Principal } from '../exchange/client.ts'
import type { Grant } from './grant.ts'
import type { RateLimitSettings } from './rate-counter.ts'

/** What somebody decides about a key. Times in Unix milliseconds. */
export interface KeyRules {
  /** Unique among the keys; stands in logs in place of the key. */
  readonly name: string
  /** Whoever answers for it; null: nobody in particular. */
  readonly owner: string | null
  /** Model names and patterns that it may ask for; null: all. */
  readonly models: readonly string[] | null
  /** Paths and patterns of routes that it may call; null: all. */
  readonly routes: readonly string[] | null
  /** In place of `server.rateLimit`; null: that one. */
  readonly rateLimit: RateLimitSettings | null
  /**
   * Patterns of Claude Code's own tools that it may use, of those that a provider's config allows: `Read`, `Bash(git *)`,
   * `*`. Empty: none.
   */
  readonly claudeTools: readonly string[]
  /** From then on it is refused; null: never. */
  readonly expiresAt: number | null
  /** Refused until it is enabled again. */
  readonly disabled: boolean
  /** Of no meaning to the gateway. */
  readonly metadata: Readonly<Record<string, string>>
}

/** One key in the hands of a client, as the gateway knows it: by its hash. */
export interface KeySecret {
  /** `sha256:` and 64 lower-case hexadecimal digits. */
  readonly hash: string
  /** Its last four characters, for people. */
  readonly hint: string
  /** Unix milliseconds. */
  readonly createdAt: number
  /** The end of its overlap with the one that came after it; null: it is the current one. */
  readonly expiresAt: number | null
}

/** A key for clients. Its secrets change when it is rotated; it stays what it is, and keeps what is kept for it. */
export interface VirtualKey extends KeyRules {
  /** Never shown to others than the operator, who names the key by it. */
  readonly id: string
  /** Scope of everything that is kept for its holder. */
  readonly tenant: string
  /** The current one last. */
  readonly secrets: readonly KeySecret[]
  readonly createdAt: number
  /** Since when it is refused for good; null: it is not. */
  readonly revokedAt: number | null
}

/** Unix milliseconds from which on this key is refused: 0, later, or `Infinity`. */
export function refusedFrom({ revokedAt, disabled, expiresAt }: VirtualKey): number {
  return revokedAt !== null || disabled ? 0 : (expiresAt ?? Infinity)
}

export function principalOf(key: VirtualKey): Principal {
  return { tenant: key.tenant, keyName: key.name, grant: grantOf(key) }
}

function grantOf({ models, routes, rateLimit, claudeTools }: KeyRules): Grant {
  return { models: models === null ? [] : [models], routes, rateLimit, claudeTools }
}

/**
 * A key of the config. Its tenant is stable over restarts and other changes of the config, and another for a key that was
 * replaced under its old name.
 */
export function configuredKey(rules: KeyRules, hash: string, hint: string): VirtualKey {
  const digest = createHash('sha256').update(`${rules.name}\0${hash.toLowerCase()}`).digest('base64url')
  const id = `key_${digest.slice(0, 22)}`
  const secret = { hash: hash.toLowerCase(), hint, createdAt: 0, expiresAt: null }
  return { ...rules, id, tenant: id, secrets: [secret], createdAt: 0, revokedAt: null }
}
