import packageJson from '../../package.json' with { type: 'json' }
import { LOCAL } from '../admission/authenticate.ts'
import { explain } from '../exchange/explain.ts'
import { PROTOCOL_LIST } from '../protocols/index.ts'
import { authStatusRoute } from '../server/auth-status.ts'
import { cacheRoutes } from '../server/cache-routes.ts'
import { docsRoutes } from '../server/docs-routes.ts'
import { explainRoute } from '../server/explain.ts'
import { modelRoutes } from '../server/model-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import type { DeclaredRoute } from '../server/router.ts'
import { sessionRoutes } from '../server/session-routes.ts'
import { claudeCodeAuth } from './claude-code-auth.ts'
import { explainRequest } from './explain-request.ts'
import { ModelDesk } from './model-desk.ts'
import { idSource } from './id-source.ts'
import { readSessionMessages } from './read-session-messages.ts'
import type { Shared, Snapshot } from './snapshot.ts'
import type { Transports } from './transports.ts'

export interface GatewayRoutesOptions {
  readonly shared: Shared
  readonly transports: Pick<Transports, 'signIn'>
  /** The one in force. */
  readonly snapshot: () => Snapshot
  /** Everybody who reaches the gateway may use it. */
  readonly open: () => boolean
  /** Other machines may reach it. */
  readonly exposed: () => boolean
  /** All that the server has. */
  readonly routes: () => readonly DeclaredRoute[]
}

/** What clients may ask besides their protocols: about the gateway, its models, its caches, and their sessions. */
export function gatewayRoutes(options: GatewayRoutesOptions): readonly PlainRoute[] {
  const { shared, transports, snapshot, open, exposed, routes } = options
  const { version } = packageJson
  const desk = new ModelDesk(snapshot)
  return [
    authStatusRoute({
      open,
      exposed,
      version,
      claudeCode: () => claudeCodeAuth(snapshot().providers, transports),
      routes,
    }),
    ...docsRoutes({ exposed, document: () => ({ version, routes: routes(), protocols: PROTOCOL_LIST }) }),
    explainRoute((path, { headers, body, principal, id }) =>
      explain(explainRequest(PROTOCOL_LIST, { path, headers, body }, principal ?? LOCAL, id), snapshot().exchange),
    ),
    ...modelRoutes({
      capabilities: (model, asker) => desk.capabilities(model, asker),
      validate: (model, asker) => desk.validate(model, asker),
      compatibility: (question, asker) => desk.compatibility(question, asker),
      stranger: LOCAL,
    }),
    ...cacheRoutes({
      stats: () => ({ ...shared.caches.stats(), plans: shared.plans.stats() }),
      invalidate: (scope) => shared.caches.invalidate(scope),
    }),
    ...ownSessionRoutes(options),
  ]
}

function ownSessionRoutes({ shared: { sessions }, snapshot }: GatewayRoutesOptions): readonly PlainRoute[] {
  if (sessions === null) return []
  return sessionRoutes({
    sessions,
    readMessages: (list, principal) => readSessionMessages(list, snapshot().exchange.sealerFor(principal)),
    stranger: LOCAL,
    newId: idSource(),
    now: () => Date.now(),
  })
}
