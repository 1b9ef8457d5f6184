import packageJson from '../../package.json' with { type: 'json' }
import type { HealthOptions } from '../server/health.ts'
import type { Monitoring } from './monitoring.ts'
import type { Shared } from './snapshot.ts'

export interface GatewayHealthOptions {
  readonly shared: Pick<Shared, 'health' | 'sessions'>
  /** The gateway can be reached from other machines. */
  readonly exposed: () => boolean
  /** How many are enabled. */
  readonly providers: () => number
  readonly monitoring: Pick<Monitoring, 'answers'>
  readonly replaced: HealthOptions['replaced']
}

const NO_SESSIONS = { active: 0, total: 0 }

/** What a gateway says of its own health. */
export function gatewayHealth({
  shared,
  exposed,
  providers,
  monitoring,
  replaced,
}: GatewayHealthOptions): HealthOptions {
  return {
    service: 'universal-claude-router',
    version: packageJson.version,
    exposed,
    notReady: () => (providers() === 0 ? 'no provider is enabled' : null),
    deployments: () => shared.health.snapshot(),
    sessions: async () => (await shared.sessions?.figures.prompt()) ?? NO_SESSIONS,
    replaced,
    ...monitoring.answers,
  }
}
