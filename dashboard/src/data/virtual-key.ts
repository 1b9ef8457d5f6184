/** `GET /admin/keys`, as docs/reference/auth.md has it. */
export interface KeyList {
  readonly keys: readonly KeyLine[]
}

/** Times are texts as ISO 8601 has them. */
export interface KeyLine {
  readonly id: string
  readonly name: string
  readonly source: 'config' | 'store'
  readonly status: 'active' | 'disabled' | 'expired' | 'revoked'
  readonly owner: string | null
  /** Null: all. */
  readonly models: readonly string[] | null
  /** Null: all. */
  readonly routes: readonly string[] | null
  readonly rateLimit: { readonly max: number; readonly timeWindow: string } | null
  /** Claude Code's own tools that it may use. */
  readonly claudeTools: readonly string[]
  readonly expires: string | null
  readonly disabled: boolean
  readonly metadata: Readonly<Record<string, string>>
  readonly secrets: readonly {
    readonly hint: string
    readonly created: string | null
    readonly expires: string | null
  }[]
  readonly created: string | null
  readonly revoked: string | null
}

/** A key that was made or got another secret. */
export interface IssuedKey extends KeyLine {
  /** What clients send. It is told this once. */
  readonly key: string
}
