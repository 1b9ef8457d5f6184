import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRoute } from './plain-route.ts'
import type { DeclaredRoute } from './router.ts'

export interface AuthStatusOptions {
  /** Everybody who reaches the gateway may use it. */
  readonly open: () => boolean
  /** The gateway can be reached from other machines: strangers then learn no version, and nothing of providers. */
  readonly exposed: () => boolean
  readonly version: string
  /** Asked only for callers who may know it; null: there is no such provider. */
  readonly claudeCode: () => Promise<ClaudeCodeAuth | null>
  /** All that there are. */
  readonly routes: () => readonly DeclaredRoute[]
}

/** How Claude Code signs in where it is a provider, as an earlier program said it. */
export interface ClaudeCodeAuth {
  readonly method: 'bedrock' | 'vertex' | 'anthropic' | 'claude_cli'
  readonly status: {
    readonly method: ClaudeCodeAuth['method']
    readonly valid: boolean
    readonly errors: string[]
    /** The provider's id, and the version of its program, null where that is not known. */
    readonly config: { readonly provider: string; readonly version: string | null }
  }
  /** Names of those that it signs in with. */
  readonly environment_variables: string[]
}

/** `GET /v1/auth/status`: what a client needs to come in, before it has it. Nothing of any key, not even how long it is. */
export function authStatusRoute({ open, exposed, version, claudeCode, routes }: AuthStatusOptions): PlainRoute {
  return {
    method: 'GET',
    path: '/v1/auth/status',
    access: 'public',
    describe: described(async () => (await import('./operations/auth.ts')).STATUS),
    answer: async ({ principal }) => {
      const enabled = !open()
      const isTrusted = principal !== null || !exposed()
      const named = (isPublic: boolean): string[] =>
        routes()
          .filter(({ access }) => (access === 'public' || (access === 'key' && !enabled)) === isPublic)
          .map(({ method, path }) => `${method} ${path}`)
          .toSorted()
      return jsonAnswer(
        200,
        JSON.stringify({
          authentication: {
            enabled,
            type: enabled ? 'bearer_token' : 'none',
            protected_endpoints: [...new Set(named(false))],
            public_endpoints: [...new Set(named(true))],
          },
          server_info: {
            api_key_required: enabled,
            api_key_source: enabled ? 'runtime' : 'none',
            ...(isTrusted && { version }),
          },
          ...(isTrusted && { claude_code_auth: await claudeCode() }),
        }),
      )
    },
  }
}
