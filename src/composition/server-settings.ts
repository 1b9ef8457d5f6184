import type { Config } from '../config/config.ts'
import { DEFAULT_SERVER_SETTINGS } from '../server/settings.ts'
import type { ServerSettings } from '../server/settings.ts'

/** What of the config is the server's. */
export function serverSettings({ server }: Config): ServerSettings {
  return {
    ...DEFAULT_SERVER_SETTINGS,
    host: server.host,
    ports: server.ports,
    engine: server.engine,
    bodyLimit: server.bodyLimit,
    headerLimit: server.headerLimit,
    headerTimeout: server.headerTimeout,
    bodyTimeout: server.bodyTimeout,
    keepAliveTimeout: server.keepAliveTimeout,
    writeTimeout: server.writeTimeout,
    drainGrace: server.drainGrace,
    compression: server.compression,
  }
}
