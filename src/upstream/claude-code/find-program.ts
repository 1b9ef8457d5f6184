import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'

/** A program that the operating system can start as it is. Windows needs a shell for `.cmd` files, and there is no shell here. */
const FILE_NAMES = process.platform === 'win32' ? ['claude.exe'] : ['claude']

/** Whose program it is. */
export interface Person {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * Finds the `claude` command: what `CLAUDE_COMMAND` names, then the search path, then the folders its installers use.
 * A shell alias is not a program, but the folder that such an alias usually points to is among these. Null: not installed.
 */
export async function findClaude(person: Person): Promise<string | null> {
  const named = person.environment['CLAUDE_COMMAND']
  if (named !== undefined && named !== '') return (await isProgram(named)) ? named : null
  for (const folder of folders(person)) {
    for (const name of FILE_NAMES) {
      const file = join(folder, name)
      if (await isProgram(file)) return file
    }
  }
  return null
}

function folders({ environment, home }: Person): string[] {
  return [
    // An empty entry of the path means the working folder, from which nothing is started.
    ...(environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    join(home, '.claude', 'local'),
    join(home, '.local', 'bin'),
    join(home, '.npm-global', 'bin'),
    // Where npm puts global commands for the Node that runs this.
    dirname(process.execPath),
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** How to get one. */
export const INSTALL_CLAUDE =
  'Install it with "npm install -g @anthropic-ai/claude-code", or name it with CLAUDE_COMMAND.'
