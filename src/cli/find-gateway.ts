import { hashKey } from '../admission/keys.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import type { Config } from '../config/config.ts'
import { OPEN_KEY } from './client-lines.ts'
import type { Surroundings } from './command.ts'
import { checkHealth } from './health-check.ts'
import { loadForCommand } from './load.ts'
import { namedUrl, ownCertificate, type OwnCertificate } from './own-certificate.ts'
import { runningGateways } from './run-record.ts'
import { storedClientKeys } from './stored-client-keys.ts'

/** The gateway that client programs of this user should talk to. */
export interface FoundGateway {
  /** `http://127.0.0.1:3000`. */
  readonly url: string
  /** False: nothing answers there yet. */
  readonly running: boolean
  readonly key: ClientKey
  /** Null: plain HTTP. */
  readonly certificate: OwnCertificate | null
}

/** What a client sends as its key. */
export type ClientKey =
  /** Nothing in particular: the gateway is open. */
  | { readonly kind: 'open' }
  | { readonly kind: 'variable'; readonly name: string; readonly value: string }
  /** The gateway wants one, and only its hash is known. */
  | { readonly kind: 'unknown' }

/**
 * A running gateway on a port of the config, else the only one that runs, else the place where the config says that one
 * would listen. That also finds one which a service manager or a container runs.
 */
export async function findGateway(surroundings: Surroundings): Promise<FoundGateway> {
  const { config } = await loadForCommand(surroundings, null)
  const key = clientKey(config, await storedClientKeys(config, surroundings), surroundings.environment)
  const records = await runningGateways(surroundings)
  const record =
    records.find(({ port }) => config.server.ports.includes(port)) ?? (records.length === 1 ? records[0] : null)
  const [url] = record?.urls ?? []
  if (url !== undefined && record !== null && record !== undefined) {
    return { url: clientUrl(url, record.certificate), running: true, key, certificate: record.certificate }
  }
  const certificate = ownCertificate(config.server)
  const expected = expectedUrl(config.server, config.server.ports[0] ?? 0)
  const { status } = await checkHealth(expected, certificate)
  return { url: clientUrl(expected, certificate), running: status !== 'unreachable', key, certificate }
}

/** What a client of this machine is told: a name that the certificate is for, where there is one. */
export function clientUrl(url: string, certificate: OwnCertificate | null): string {
  return certificate === null ? reachable(url) : namedUrl(reachable(url), certificate)
}

/** Where this machine reaches a gateway that listens there. `host` is without brackets. */
export function expectedUrl({ host, tls }: Pick<Config['server'], 'host' | 'tls'>, port: number): string {
  return reachable(`${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`)
}

/** A gateway that listens on every address is reached on this machine by the loopback one. */
export function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

/** What the config says of who may come in. */
interface ClientAccess extends Pick<Config, 'keys'> {
  readonly auth: Pick<Config['auth'], 'issuers' | 'required'>
}

/**
 * The key for clients, where the environment has it: config and store (`stored`) keep hashes, so a variable that hashes to one of them
 * holds a key, whatever it is called. Nothing else can be taken for one by accident.
 */
export function clientKey(
  { keys, auth }: ClientAccess,
  stored: readonly VirtualKey[] | null,
  environment: NodeJS.ProcessEnv,
): ClientKey {
  const all = [...keys, ...(stored ?? [])]
  if (all.length === 0 && stored !== null && auth.issuers.length === 0 && !auth.required) return { kind: 'open' }
  const hashes = new Set(all.flatMap(({ secrets }) => secrets.map(({ hash }) => hash)))
  for (const [name, value] of Object.entries(environment)) {
    const text = value?.trim() ?? ''
    if (text.length >= 8 && text.length <= 256 && text !== OPEN_KEY && hashes.has(hashKey(text))) {
      return { kind: 'variable', name, value: text }
    }
  }
  return { kind: 'unknown' }
}
