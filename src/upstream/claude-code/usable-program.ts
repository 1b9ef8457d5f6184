import { findClaude } from './find-program.ts'
import type { Person } from './find-program.ts'
import { isRecent } from './program-version.ts'

/** A program that can be run for clients, or what keeps it from that. */
export type UsableProgram =
  | { readonly problem: null; readonly path: string; readonly version: string }
  | { readonly problem: 'missing' }
  | { readonly problem: 'silent'; readonly path: string }
  | { readonly problem: 'old'; readonly path: string; readonly version: string }

/** `command`: what the config names; null: it is looked for. `versionOf` gives null for a program that does not say its version. */
export async function usableProgram(
  command: string | null,
  { environment, home }: Person,
  versionOf: (path: string) => Promise<string | null>,
): Promise<UsableProgram> {
  const named = command === null ? environment : { ...environment, CLAUDE_COMMAND: command }
  const path = await findClaude({ environment: named, home })
  if (path === null) return { problem: 'missing' }
  const version = await versionOf(path)
  if (version === null) return { problem: 'silent', path }
  return { problem: isRecent(version) ? null : 'old', path, version }
}
