import { toJsonText } from '../lib/json.ts'
import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRoute } from './plain-route.ts'
import type { DeclaredRoute } from './router.ts'

export interface AuthStatusOptions {
  /** Everybody who reaches the gateway may use it. */
  readonly open: () => boolean
  /** The gateway can be reached from other machines: strangers then learn no version. */
  readonly exposed: () => boolean
  readonly version: string
  /** All that there are. */
  readonly routes: () => readonly DeclaredRoute[]
}

/** `GET /v1/auth/status`: what a client needs to come in, before it has it. Nothing of any key, not even how long it is. */
export function authStatusRoute({ open, exposed, version, routes }: AuthStatusOptions): PlainRoute {
  return {
    method: 'GET',
    path: '/v1/auth/status',
    access: 'public',
    describe: described(async () => (await import('./operations/auth.ts')).STATUS),
    answer: async ({ principal }) => {
      const enabled = !open()
      const named = (isPublic: boolean): string[] =>
        routes()
          .filter(({ access }) => (access === 'public' || (access === 'key' && !enabled)) === isPublic)
          .map(({ method, path }) => `${method} ${path}`)
          .toSorted()
      return jsonAnswer(
        200,
        toJsonText({
          authentication: {
            enabled,
            type: enabled ? 'bearer_token' : 'none',
            protected_endpoints: [...new Set(named(false))],
            public_endpoints: [...new Set(named(true))],
          },
          server_info: {
            api_key_required: enabled,
            api_key_source: enabled ? 'runtime' : 'none',
            ...(principal !== null || !exposed() ? { version } : {}),
          },
        }),
      )
    },
  }
}
