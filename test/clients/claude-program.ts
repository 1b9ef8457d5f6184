import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

/** The native program; the package's own start script only finds it. */
export const CLAUDE = join(
  import.meta.dirname,
  'node_modules/@anthropic-ai',
  `claude-code-${process.platform}-${process.arch}`,
  'claude',
)

/** Why Claude Code cannot be run here, or null. It phones home, so it runs only where there is nothing but loopback. */
export function obstacle(): string | null {
  if (!existsSync(CLAUDE)) return 'Claude Code has no program for this platform'
  const outside = Object.values(networkInterfaces())
    .flat()
    .some((address) => address?.internal === false)
  return outside ? 'Claude Code runs only in a network namespace of its own, which cannot be made here' : null
}

/** The title of tests that need the program: what keeps them from being run is part of it. */
export function titled(title: string): string {
  const why = obstacle()
  return why === null ? title : `${title}: ${why}`
}
