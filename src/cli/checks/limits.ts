import type { Config } from '../../config/config.ts'
import { PRODUCTION_LIMIT } from '../../config/presets.ts'
import type { Surroundings } from '../command.ts'
import { runningGateways } from '../run-record.ts'
import type { Finding } from './finding.ts'

/** Whether the limit that comes with `--production` holds, which is little for agents. */
export async function checkLimits({ server }: Config, surroundings: Surroundings): Promise<readonly Finding[]> {
  if (server.rateLimit !== null) return []
  const running = await runningGateways(surroundings)
  return running
    .filter(({ options }) => options.includes('--production'))
    .map(({ port }) => ({
      check: 'limits',
      status: 'warning',
      message: `the gateway on port ${port} was started with --production: ${PRODUCTION_LIMIT.max} requests in ${PRODUCTION_LIMIT.timeWindow} for each key, which Claude Code with several agents passes`,
      fix: 'write another "server.rateLimit" into the config, or give keys a "rateLimit" of their own',
    }))
}
