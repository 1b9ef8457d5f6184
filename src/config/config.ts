import type { AddressRange } from '../admission/address-range.ts'
import type { RateLimitSettings } from '../admission/rate-counter.ts'
import type { IssuerSettings } from '../admission/jwt.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import type { Destination } from '../alerts/destination.ts'
import type { Rule } from '../alerts/rule.ts'
import type { CacheSettings } from '../cache/settings.ts'
import type { Timeouts } from '../providers/provider.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import type { RoutingSettings } from '../routing/settings.ts'
import type { SessionSettings } from '../sessions/settings.ts'

/** Everything that the config says, variables filled in and defaults applied. Immutable; a reload makes a new one. */
export interface Config {
  readonly server: ServerSettings
  /** None on a loopback address: open. Hashed, whatever form they came in. */
  readonly keys: readonly VirtualKey[]
  readonly auth: AuthSettings
  /** In the order of the file, disabled ones too. */
  readonly providers: readonly ProviderSettings[]
  /** No provider is configured: look for some in the environment and on local ports. */
  readonly discover: boolean
  readonly routing: RoutingSettings
  /** For providers that have none of their own: discovered ones. */
  readonly timeouts: Timeouts
  readonly retry: RetrySettings
  readonly plan: 'auto' | 'translate'
  readonly strict: boolean
  readonly streamFailure: 'error' | 'cut'
  readonly cache: CacheSettings
  readonly sessions: SessionConfig
  readonly reasoning: ReasoningConfig
  readonly redis: RedisSettings
  readonly upstream: UpstreamSettings
  readonly memory: MemorySettings
  readonly alerts: AlertSettings
  readonly healthChecks: HealthCheckSettings
  readonly logging: LoggingSettings
}

/** Who else may come in, besides the holders of `keys`. */
export interface AuthSettings {
  /** A key or a token is needed, also as long as there are none. */
  readonly required: boolean
  readonly issuers: readonly IssuerSettings[]
  /** Hash of the token for the admin API; null: the one in the state folder. */
  readonly adminToken: string | null
  /** Where keys are kept that are made while the gateway runs. */
  readonly store: 'sqlite' | 'redis'
  /** Milliseconds for which keys of the store are good that cannot be checked there. */
  readonly storeGrace: number
  /** Wrong keys and tokens from one address. */
  readonly failureLimit: RateLimitSettings
}

/** Times in milliseconds, sizes in bytes. */
export interface ServerSettings {
  /** Without brackets. */
  readonly host: string
  readonly ports: readonly number[]
  readonly engine: 'lean' | 'node'
  /** Null: plain HTTP. */
  readonly tls: TlsConfig | null
  readonly http2: boolean
  /** Processes that serve. */
  readonly workers: number
  /** After so much silence a worker hangs; 0: never. */
  readonly workerTimeout: number
  readonly bodyLimit: number
  readonly headerLimit: number
  readonly maxDepth: number
  /** One event of a vendor's stream. */
  readonly maxEventBytes: number
  /** A whole answer of a vendor. */
  readonly maxAnswerBytes: number
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** Null: none. */
  readonly rateLimit: RateLimitSettings | null
  readonly counters: CounterSettings
  /** Null: the one in the state folder. */
  readonly secret: string | null
  readonly trustedProxies: readonly AddressRange[]
  readonly pingInterval: number
  readonly drainTimeout: number
  readonly headerTimeout: number
  readonly bodyTimeout: number
  readonly keepAliveTimeout: number
  readonly writeTimeout: number
  readonly drainGrace: number
  /** Whose answers are compressed, from how many bytes on. */
  readonly compression: { readonly clients: 'remote' | 'all' | 'none'; readonly threshold: number }
}

/** Certificates and key are texts in PEM. */
export interface TlsConfig {
  readonly cert: string
  /** Absolute; null: the text stood in the config. */
  readonly certFile: string | null
  readonly key: string
  readonly passphrase: string | null
  readonly ca: string | null
  readonly clientCertificates: 'none' | 'request' | 'require'
  readonly minVersion: '1.2' | '1.3'
  /** Where the texts came from, absolute: when one of these changes, the config is another. */
  readonly files: readonly string[]
}

/** Times in milliseconds. */
export interface UpstreamSettings {
  readonly engine: 'lean' | 'undici'
  readonly connections: number
  readonly pipelining: number
  readonly keepAlive: number
  readonly http2: boolean
  readonly dns: { readonly max: number; readonly ttl: number }
}

/** `timeout` in milliseconds. */
export interface CounterSettings {
  readonly store: 'memory' | 'redis'
  readonly onStoreFailure: 'local' | 'allow' | 'refuse'
  readonly timeout: number
}

export interface RedisSettings {
  readonly url: string
}

/** `ttl` in milliseconds. */
export interface ReasoningConfig {
  readonly store: 'sqlite' | 'memory' | 'redis' | 'off'
  readonly ttl: number
  readonly max: number
  readonly maxBytes: number
}

export interface SessionConfig extends SessionSettings {
  readonly store: 'sqlite' | 'memory' | 'redis' | 'off'
  readonly redis: RedisSettings
}

interface RetrySettings {
  /** Tries on one deployment. */
  readonly attempts: number
  /** Retries per request on average. */
  readonly budget: number
}

/** Shares from 0 to 1, `interval` in milliseconds, `warnBytes` in bytes. */
interface MemorySettings {
  readonly threshold: number
  readonly resumeBelow: number
  readonly shedAbove: number
  readonly interval: number
  readonly warnBytes: number
}

export interface AlertSettings {
  /** Metrics are looked at. */
  readonly enabled: boolean
  /** Milliseconds between two looks. */
  readonly interval: number
  /** Those that are switched on: the usual ones as the config wants them, then its own. */
  readonly rules: readonly Rule[]
  readonly destinations: readonly Destination[]
}

/** Times in milliseconds. */
export interface HealthCheckSettings {
  /** Providers are asked whether they are well. */
  readonly enabled: boolean
  readonly interval: number
  readonly timeout: number
}

export interface LoggingSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Null: when standard output is a terminal. */
  readonly pretty: boolean | null
  /** Absolute; null: standard output. */
  readonly file: string | null
  /** Milliseconds; 0: no limit. */
  readonly slowOperations: number
  readonly slowFirstByte: number
}
