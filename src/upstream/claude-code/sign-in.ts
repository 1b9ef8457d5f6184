import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClaudeCodeOptions } from '../../providers/claude-code-options.ts'
import type { Person } from './find-program.ts'
import { loginMethod, loginVariables } from './login.ts'
import type { LoginMethod } from './login.ts'
import { usableProgram } from './usable-program.ts'
import type { UsableProgram } from './usable-program.ts'

/** What of a provider says how its program signs in. */
export interface SignInOptions extends Pick<ClaudeCodeOptions, 'command' | 'configFolder'> {
  /** The config has a key for it. */
  readonly hasKey: boolean
}

/** How the program of a provider signs in, as far as can be told without asking its vendor. */
export interface SignIn {
  readonly program: UsableProgram
  readonly method: LoginMethod
  /** Names of the variables that it gets for it. */
  readonly variables: readonly string[]
  /** Where its own login is kept. */
  readonly folder: string
  /** It has what the method needs, or that cannot be told from here. */
  readonly signedIn: boolean
}

export async function signInOf(
  { command, configFolder, hasKey }: SignInOptions,
  person: Person,
  versionOf: (path: string) => Promise<string | null>,
): Promise<SignIn> {
  const { environment, home } = person
  const method = loginMethod(environment, hasKey)
  const folder = configFolder ?? environment['CLAUDE_CONFIG_DIR'] ?? join(home, '.claude')
  const variables = hasKey ? [] : loginVariables(environment, method)
  return {
    program: await usableProgram(command, person, versionOf),
    method,
    variables,
    folder,
    signedIn: method !== 'own-login' || variables.length > 0 || (await hasLogin(folder)),
  }
}

/** On a Mac the login is in the key chain, where it cannot be looked for without asking its owner. */
async function hasLogin(folder: string): Promise<boolean> {
  if (process.platform === 'darwin') return true
  try {
    await access(join(folder, '.credentials.json'))
    return true
  } catch {
    return false
  }
}
