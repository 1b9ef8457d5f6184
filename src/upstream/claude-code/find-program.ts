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

/** Variables that name the program, the first that is set. */
const VARIABLES = ['CLAUDE_COMMAND', 'CLAUDE_CLI_PATH'] as const

/**
 * Finds the `claude` command: what `CLAUDE_COMMAND` or `CLAUDE_CLI_PATH` names, then the search path, then the folders its
 * installers use. A shell alias is not a program, but the folder that such an alias usually points to is among these.
 * Null: not installed.
 */
export async function findClaude(person: Person): Promise<string | null> {
  const { value } = namedProgram(person) ?? { value: null }
  if (value === null) return findIn(folders(person), FILE_NAMES)
  if (await isProgram(value)) return value
  return /^[\w.-]+$/.test(value) ? findIn(folders(person), [value]) : null
}

async function findIn(places: readonly string[], names: readonly string[]): Promise<string | null> {
  for (const folder of places) {
    for (const name of names) {
      const file = join(folder, name)
      if (await isProgram(file)) return file
    }
  }
  return null
}

interface NamedProgram {
  readonly variable: (typeof VARIABLES)[number]
  readonly value: string
}

function namedProgram({ environment }: Pick<Person, 'environment'>): NamedProgram | null {
  for (const variable of VARIABLES) {
    const value = environment[variable]
    if (value !== undefined && value !== '') return { variable, value }
  }
  return null
}

/** What only a shell would understand: arguments, variables, pipes, a home folder by its sign. */
const SHELL_SYNTAX = /[\s;&|<>$`'"()*?#~]/

/**
 * The variable that names the program by a line for a shell, of which there is none here. Null: there is no such variable,
 * or what it names is a program.
 */
export async function shellLineFor(person: Person): Promise<NamedProgram | null> {
  const named = namedProgram(person)
  if (named === null || !SHELL_SYNTAX.test(named.value) || (await isProgram(named.value))) return null
  return named
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
