import type { Provider } from '../providers/provider.ts'
import type { ClaudeCodeAuth } from '../server/auth-status.ts'
import type { LoginMethod } from '../upstream/claude-code/login.ts'
import type { SignIn } from '../upstream/claude-code/sign-in.ts'
import type { Transports } from './transports.ts'

/** As an earlier program called them. */
const METHODS: Readonly<Record<LoginMethod, ClaudeCodeAuth['method']>> = {
  'api-key': 'anthropic',
  bedrock: 'bedrock',
  vertex: 'vertex',
  'own-login': 'claude_cli',
}

/** How the first provider signs in that is Claude Code, for clients; null: there is none. */
export async function claudeCodeAuth(
  providers: readonly Provider[],
  transports: Pick<Transports, 'signIn'>,
): Promise<ClaudeCodeAuth | null> {
  for (const provider of providers) {
    const signIn = await transports.signIn(provider)
    if (signIn !== null) return authOf(provider.id, signIn)
  }
  return null
}

/** No secret, and no path of this machine. */
function authOf(provider: string, { program, method, variables, signedIn }: SignIn): ClaudeCodeAuth {
  const errors = [...programErrors(program), ...(signedIn ? [] : ['Claude Code is not signed in, and has no key.'])]
  return {
    method: METHODS[method],
    status: {
      method: METHODS[method],
      valid: errors.length === 0,
      errors,
      config: { provider, version: 'version' in program ? program.version : null },
    },
    environment_variables: [...variables],
  }
}

function programErrors({ problem }: SignIn['program']): string[] {
  switch (problem) {
    case null:
      return []
    case 'missing':
      return ['There is no program that can be run.']
    case 'silent':
      return ['The program does not say its version.']
    case 'old':
      return ['The program is too old to be safe.']
    default:
      return problem satisfies never
  }
}
