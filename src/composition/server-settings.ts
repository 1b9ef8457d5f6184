import { createSecureContext } from 'node:tls'
import type { Config, TlsConfig } from '../config/config.ts'
import { ConfigError, problemWithoutPlace } from '../config/problem.ts'
import { DEFAULT_SERVER_SETTINGS } from '../server/settings.ts'
import type { ServerSettings, TlsSettings } from '../server/settings.ts'
import { contextOptions } from '../server/tls/context.ts'

/** What of the config is the server's. Throws ConfigError where OpenSSL refuses a certificate or a key. */
export function serverSettings({ server }: Config): ServerSettings {
  return {
    ...DEFAULT_SERVER_SETTINGS,
    host: server.host,
    ports: server.ports,
    engine: server.engine,
    tls: server.tls === null ? null : tlsSettings(server.tls),
    http2: server.http2,
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

function tlsSettings({ cert, key, passphrase, ca, clientCertificates, minVersion }: TlsConfig): TlsSettings {
  const settings = { cert, key, passphrase, ca, clientCertificates, minVersion }
  try {
    createSecureContext(contextOptions(settings))
    return settings
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new ConfigError([
      problemWithoutPlace({
        severity: 'error',
        field: 'server.tls',
        message: `cannot be used: ${reason}`,
        fix: 'OpenSSL refuses keys that are too short and signatures that are too weak: make a new certificate',
      }),
    ])
  }
}
