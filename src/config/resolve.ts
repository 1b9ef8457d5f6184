import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { normalizeHost, parseAuthority } from '../admission/address.ts'
import { parseRange } from '../admission/address-range.ts'
import type { AddressRange } from '../admission/address-range.ts'
import { refuseOpenBind } from '../admission/bind.ts'
import type { AuthSettings, Config, LoggingSettings, ReasoningConfig, ServerSettings, SessionConfig } from './config.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import { resolveAlerts, resolveHealthChecks } from './resolve-alerts.ts'
import { resolveAuth, resolveKeys } from './resolve-auth.ts'
import { resolveProviders } from './resolve-providers.ts'
import { resolveRateLimit } from './resolve-rate-limit.ts'
import { resolveRouting } from './resolve-routing.ts'
import { resolveTls } from './resolve-tls.ts'
import type { ConfigInput } from './schema.ts'

/** The config that the file's content means. What is wrong with it goes to `resolution.problems`. */
export function resolveConfig(input: ConfigInput, resolution: Resolution): Config {
  const keys = resolveKeys(input.auth.keys, resolution)
  const providers = resolveProviders(input.providers, input.timeouts, resolution)
  const auth = resolveAuth(input.auth, keys, resolution)
  return {
    server: resolveServer(input.server, !isOpen(keys, auth), resolution),
    keys,
    auth,
    providers,
    discover: providers.length === 0,
    routing: resolveRouting(input, providers, resolution),
    timeouts: input.timeouts,
    retry: input.retry,
    plan: input.plan,
    strict: input.strict,
    streamFailure: input.streamFailure,
    cache: input.cache,
    sessions: resolveSessions(input, resolution),
    reasoning: resolveReasoning(input, resolution),
    redis: input.redis,
    upstream: input.upstream,
    memory: resolveMemory(input.memory, resolution),
    alerts: resolveAlerts(input, resolution),
    healthChecks: resolveHealthChecks(input.healthChecks, resolution),
    logging: resolveLogging(input.logging, resolution),
  }
}

/** Whoever reaches the gateway may use it. */
function isOpen(keys: Config['keys'], { required, issuers }: AuthSettings): boolean {
  return keys.length === 0 && issuers.length === 0 && !required
}

function resolveServer(input: ConfigInput['server'], guarded: boolean, resolution: Resolution): ServerSettings {
  const path: Path = ['server']
  const refusal = refuseOpenBind(input.host, guarded)
  if (refusal !== null) resolution.error([...path, 'host'], refusal.message, refusal.fix, true)
  const ports = typeof input.port === 'number' ? [input.port] : input.port
  if (new Set(ports.filter((port) => port !== 0)).size < ports.filter((port) => port !== 0).length) {
    resolution.error([...path, 'port'], 'must not have the same port twice', 'remove one of the two')
  }
  return {
    host: normalizeHost(input.host),
    ports,
    engine: input.engine,
    tls: resolveTls(input.tls, resolution),
    http2: input.http2,
    workers: input.workers === 'auto' ? availableParallelism() : input.workers,
    workerTimeout: input.workerTimeout,
    bodyLimit: input.bodyLimit,
    headerLimit: input.headerLimit,
    maxDepth: input.maxDepth,
    maxEventBytes: input.maxEventSize,
    maxAnswerBytes: input.maxAnswerSize,
    allowedHosts: resolveHosts(input.allowedHosts, guarded, [...path, 'allowedHosts'], resolution),
    allowedOrigins: resolveOrigins(input.allowedOrigins, [...path, 'allowedOrigins'], resolution),
    rateLimit: resolveRateLimit(input.rateLimit, [...path, 'rateLimit'], resolution),
    counters: resolveCounters(input.counters, [...path, 'counters'], resolution),
    secret: input.secret ?? null,
    trustedProxies: resolveProxies(input.trustedProxies, [...path, 'trustedProxies'], resolution),
    pingInterval: input.pingInterval,
    drainTimeout: input.drainTimeout,
    headerTimeout: input.headerTimeout,
    bodyTimeout: input.bodyTimeout,
    keepAliveTimeout: input.keepAliveTimeout,
    writeTimeout: input.writeTimeout,
    drainGrace: input.drainGrace,
    compression: input.compression,
  }
}

function resolveHosts(
  inputs: readonly string[],
  guarded: boolean,
  path: Path,
  resolution: Resolution,
): readonly string[] {
  return inputs.map((input, index) => {
    if (input === '*') {
      if (guarded) return input
      const message = 'must not allow any host as long as there are no keys: every web page could use your accounts'
      resolution.error([...path, index], message, 'name the hosts, or add a key with "ucr keys create --save"', true)
      return input
    }
    const prefix = input.startsWith('*.') ? '*.' : ''
    const name = input.slice(prefix.length)
    const host = parseAuthority(name)?.host ?? parseAuthority(`[${name}]`)?.host
    if (host === undefined) {
      const fix = 'write it without scheme and path, such as "gateway.example.com"'
      resolution.error([...path, index], 'must be a host name', fix, true)
    }
    return prefix + (host ?? name)
  })
}

function resolveOrigins(inputs: readonly string[], path: Path, resolution: Resolution): readonly string[] {
  return inputs.map((input, index) => {
    // Pages of extensions and desktop programs have schemes of their own.
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+$/i.test(input)) {
      const message = input === '*' ? 'must not allow any web page' : 'must be an origin: scheme, host and port'
      const fix = 'write it as the browser does, without path and slash: "https://app.example.com"'
      resolution.error([...path, index], message, fix, true)
    }
    return input.toLowerCase()
  })
}

function resolveProxies(inputs: readonly string[], path: Path, resolution: Resolution): readonly AddressRange[] {
  return inputs.flatMap((input, index) => {
    const range = parseRange(input)
    if (range !== null) return [range]
    const fix = 'write it as "10.0.0.0/8", "fd00::/8", or one address'
    resolution.error([...path, index], 'must be an address or a range of addresses', fix, true)
    return []
  })
}

function resolveMemory(input: ConfigInput['memory'], resolution: Resolution): ConfigInput['memory'] {
  const { threshold, resumeBelow, shedAbove, interval } = input
  const path: Path = ['memory']
  if (resumeBelow > threshold) {
    resolution.error([...path, 'resumeBelow'], 'must not be more than "memory.threshold"', `write ${threshold} or less`)
  }
  if (shedAbove < threshold) {
    resolution.error([...path, 'shedAbove'], 'must not be less than "memory.threshold"', `write ${threshold} or more`)
  }
  if (interval === 0) {
    resolution.error([...path, 'interval'], 'must be longer than nothing', 'write a time such as "1s"')
  }
  return input
}

function resolveCounters(
  input: ConfigInput['server']['counters'],
  path: Path,
  resolution: Resolution,
): ConfigInput['server']['counters'] {
  if (input.timeout === 0) {
    resolution.error([...path, 'timeout'], 'must be longer than nothing', 'write a time such as "100ms"')
  }
  return input
}

function resolveSessions(
  { sessions: input, server: { workers }, redis }: ConfigInput,
  resolution: Resolution,
): SessionConfig {
  for (const name of ['ttl', 'sweepInterval'] as const) {
    if (input[name] > 0) continue
    resolution.error(['sessions', name], 'must be longer than nothing', 'write a time such as "5m"')
  }
  if (input.store === 'memory' && workers !== 1) {
    const message = 'must not be "memory" where there are several workers: each would have sessions of its own'
    resolution.error(['sessions', 'store'], message, 'write "sqlite" or "redis", or have one worker', true)
  }
  return { ...input, redis: { url: input.redis.url ?? redis.url } }
}

function resolveReasoning({ reasoning, server }: ConfigInput, resolution: Resolution): ReasoningConfig {
  if (reasoning.ttl === 0) {
    resolution.error(['reasoning', 'ttl'], 'must be longer than nothing', 'write a time such as "1h"')
  }
  if (reasoning.store === 'redis' && server.secret === undefined) {
    // Each machine would make a secret of its own, and find nothing that another one kept.
    const message = 'is "redis", but other machines cannot read what this one keeps there without "server.secret"'
    resolution.warning(['reasoning', 'store'], message, 'write the same "server.secret" on all machines')
  }
  return reasoning
}

function resolveLogging(input: ConfigInput['logging'], resolution: Resolution): LoggingSettings {
  const { level, pretty, file, slowOperations, slowFirstByte } = input
  const path = file === undefined ? null : resolve(resolution.folder, file)
  return { level, pretty: pretty ?? null, file: path, slowOperations, slowFirstByte }
}
