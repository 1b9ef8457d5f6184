import type { LoadedConfig } from '../config/load.ts'
import { createLog, type Log } from '../observe/log.ts'
import { isPretty } from './start-gateway.ts'
import type { Surroundings } from './command.ts'

/** The log of a gateway that serves, where its config wants it. */
export function openLog(loaded: LoadedConfig, { terminal: { out }, environment }: Surroundings): Log {
  const { level, file } = loaded.config.logging
  const colors = out.colours && file === null
  const log = createLog({ level, file, pretty: isPretty(loaded), colors, debug: environment['DEBUG'] })
  hidingKeys(loaded, log)
  return log
}

/** Whatever a vendor's key looks like, it never appears in the log. */
export function hidingKeys(loaded: LoadedConfig, log: Log): LoadedConfig {
  log.hide(loaded.config.providers.flatMap(({ apiKey, headers }) => [apiKey ?? '', ...Object.values(headers)]))
  return loaded
}

/**
 * A custom router that throws in a callback of its own, or a bug outside of every request, must not end the answers that
 * are under way.
 */
export function surviveStrayErrors(log: Log): void {
  process.on('uncaughtException', (error) => log.error(null, 'an error reached no request', error))
  process.on('unhandledRejection', (reason) => log.error(null, 'a rejection reached no request', reason))
}
