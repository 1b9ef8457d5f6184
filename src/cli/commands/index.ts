import type { CommandEntry } from '../command.ts'

/** Every command, in the order of `ucr --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('completion', 'Print a completion script for a shell', async () => (await import('./completion.ts')).command),
]

function entry(name: string, summary: string, load: CommandEntry['load']): CommandEntry {
  return { name, summary, load }
}
