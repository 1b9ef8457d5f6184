import { resolve } from 'node:path'
import type { FlagOverrides } from '../config/environment.ts'
import { choice, flag, integer, negated, text, type OptionSpec } from './command.ts'
import { CONFIG } from './shared-options.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const PLANS = ['auto', 'translate'] as const

const MOST_WORKERS = 256

function workerCount(flags: string, description: string): OptionSpec<number | 'auto' | null> {
  const { read, ...spec } = integer(flags, description, { min: 1, max: MOST_WORKERS })
  return { ...spec, read: (raw) => (raw === 'auto' ? 'auto' : read(raw)) }
}

/** Options of `ucr start`. */
export const START_OPTIONS = {
  config: CONFIG,
  port: integer('-p, --port <number>', 'listen on this port; 0 for any free one', { min: 0, max: 65_535 }),
  host: text('--host <address>', 'listen on this address; beyond this machine only with keys'),
  tlsCert: text('--tls-cert <file>', 'speak TLS with this certificate, in PEM'),
  tlsKey: text('--tls-key <file>', 'and with this key of it'),
  daemon: flag('--daemon', 'in the background; returns when the gateway answers'),
  key: text('-k, --key <key>', 'a key that clients may send, besides those of the config'),
  logLevel: choice('--log-level <level>', 'the least that is logged', LEVELS),
  plan: choice('--plan <plan>', 'pass bytes through where possible, or translate always', PLANS),
  strict: flag('--strict', 'refuse a request that would lose something on its way to the vendor'),
  workers: workerCount('--workers <number>', 'processes that serve requests; auto: one for each processor'),
  production: flag(
    '--production',
    'for serving others: workers, JSON logs, compression, strict limits where nothing else is said',
  ),
  healthMonitoring: flag('--health-monitoring', 'look after the health of providers, and alert'),
  healthCheckInterval: text('--health-check-interval <time>', 'how often providers are looked at, such as 30s'),
  drainTimeout: text('--drain-timeout <time>', 'how long requests may go on when it is stopped, such as 10s'),
  provider: text('--provider <type>', 'only this vendor, whatever the config names: claude-code, simulator'),
  watch: negated('--no-watch', 'do not reload the config when its file changes (SIGHUP still does)'),
}

/** Their values. */
export interface StartValues {
  readonly config: string | null
  readonly port: number | null
  readonly host: string | null
  readonly tlsCert: string | null
  readonly tlsKey: string | null
  readonly daemon: boolean
  readonly key: string | null
  readonly logLevel: string | null
  readonly plan: string | null
  readonly strict: boolean
  readonly workers: number | 'auto' | null
  readonly production: boolean
  readonly healthMonitoring: boolean
  readonly healthCheckInterval: string | null
  readonly drainTimeout: string | null
  readonly provider: string | null
  readonly watch: boolean
}

/** What the command line says instead of the config. */
export function overridesOf(values: StartValues): FlagOverrides {
  const { port, host, tlsCert, tlsKey, key, logLevel, plan, strict, workers, provider } = values
  return {
    port: port ?? undefined,
    host: host ?? undefined,
    // Of the command line: relative to where it was written, not to the config.
    tlsCert: tlsCert === null ? undefined : resolve(tlsCert),
    tlsKey: tlsKey === null ? undefined : resolve(tlsKey),
    apiKey: key ?? undefined,
    logLevel: logLevel ?? undefined,
    plan: plan ?? undefined,
    strict: strict ? true : undefined,
    workers: workers ?? undefined,
    provider: provider ?? undefined,
    drainTimeout: values.drainTimeout ?? undefined,
    healthCheckInterval: values.healthCheckInterval ?? undefined,
    production: values.production,
    healthMonitoring: values.healthMonitoring,
  }
}

/** The words that start the same gateway in the background: everything but `--daemon`, and the key, which others could see. */
export function wordsOf(values: StartValues): readonly string[] {
  const { config, port, host, tlsCert, tlsKey, logLevel, plan, strict, workers, watch, production, healthMonitoring } =
    values
  const valued: readonly (readonly [string, string | number | null])[] = [
    ['--config', config],
    ['--port', port],
    ['--host', host],
    ['--tls-cert', tlsCert],
    ['--tls-key', tlsKey],
    ['--log-level', logLevel],
    ['--plan', plan],
    ['--workers', workers],
    ['--health-check-interval', values.healthCheckInterval],
    ['--drain-timeout', values.drainTimeout],
    ['--provider', values.provider],
  ]
  return [
    // With an equals sign, so that a value may begin with a dash.
    ...valued.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])),
    ...(strict ? ['--strict'] : []),
    ...(production ? ['--production'] : []),
    ...(healthMonitoring ? ['--health-monitoring'] : []),
    ...(watch ? [] : ['--no-watch']),
  ]
}
