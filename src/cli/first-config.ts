import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { defaultConfigPath } from '../config/locate.ts'
import { replaceFile } from '../config/private-file.ts'
import { SCHEMA_URL } from '../config/schema-url.ts'
import { localProviders, providersFromEnvironment } from '../providers/discover.ts'
import { findProvider } from '../providers/index.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import type { Surroundings } from './command.ts'
import { Failure, reasonOf } from './failure.ts'
import { vendorEnvironment } from './load.ts'
import { probeLocal } from './probe-local.ts'

/** What a new config file says. Keys of vendors are no part of it: they stay in variables and in the store. */
export interface FirstConfig {
  readonly host: string
  readonly port: number
  readonly providers: readonly FirstProvider[]
  /** For clients, hashed. */
  readonly keys: readonly { readonly name: string; readonly hash: string }[]
  /** Targets by task; the tasks without one are left out. */
  readonly router: Readonly<Record<string, string>>
}

export interface FirstProvider {
  readonly id: string
  readonly type: string
  /** Null: the vendor's own. */
  readonly baseUrl: string | null
  /** The variable with its key; null: the stored credential, or none needed. */
  readonly keyVariable: string | null
}

/** Writes a config with what is found on this machine. Throws `Failure` when the file is there and `force` is not set. */
export async function writeFirstConfig(
  output: string | null,
  force: boolean,
  { environment, home, directory }: Surroundings,
): Promise<{ readonly file: string; readonly providers: readonly string[] }> {
  const file = output === null ? defaultConfigPath(environment, home) : resolve(directory, output)
  if (!force && (await exists(file))) {
    throw new Failure(`${file} is there already, and was left as it is.`, {
      fix: 'Replace it with --force, or change it with "ucr config edit".',
    })
  }
  const providers = await foundProviders(environment)
  const config = { host: '127.0.0.1', port: 3000, providers, keys: [], router: {} }
  await writeConfigFile(file, firstConfigText(config))
  return { file, providers: providers.map(({ id }) => id) }
}

/** Vendors with a key in the environment, and servers that answer on this machine. */
export async function foundProviders(environment: NodeJS.ProcessEnv): Promise<readonly FirstProvider[]> {
  const vendors = vendorEnvironment(environment)
  const local = await localProviders(probeLocal)
  return [
    ...providersFromEnvironment(vendors).map((settings) => toFirst(settings, vendors)),
    ...local.map((settings) => toFirst(settings, vendors)),
  ]
}

function toFirst({ id, type, baseUrl, apiKey }: ProviderSettings, environment: NodeJS.ProcessEnv): FirstProvider {
  const variables = apiKey === null ? [] : findProvider(type).keyVariables
  return { id, type, baseUrl, keyVariable: variables.find((name) => environment[name]?.trim()) ?? null }
}

/** The file's text, with comments for whoever opens it. */
export function firstConfigText({ host, port, providers, keys, router }: FirstConfig): string {
  const json = (value: unknown) => JSON.stringify(value)
  return `{
  // The config of ucr, the Universal Claude Router: JSON, in which comments are allowed.
  // "ucr config validate" checks it; a running gateway takes changes over by itself.
  "$schema": ${json(SCHEMA_URL)},

  "server": { "host": ${json(host)}, "port": ${port} },

  // Who may use the gateway. None, on a loopback address: every program of this machine.
  // "ucr keys create NAME" makes a key that is kept elsewhere, with --save one that is kept here.
  "auth": {
    "keys": ${list(keys.map(({ name, hash }) => `{ "name": ${json(name)}, "hash": ${json(hash)} }`))}
  },

  // Whom it asks. With none here, they are found from the environment and from servers on this machine.
  // "type" is the vendor, "id" any name: two accounts of one vendor are normal. "\${NAME}" is a variable's value.
  "providers": ${list(providers.map(providerLine), '  ')}${routerText(router)}
}
`
}

function providerLine({ id, type, baseUrl, keyVariable }: FirstProvider): string {
  const members = [
    ['id', id],
    ['type', type],
    ...(baseUrl === null ? [] : [['baseUrl', baseUrl]]),
    ...(keyVariable === null ? [] : [['apiKey', `\${${keyVariable}}`]]),
  ]
  return `{ ${members.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')} }`
}

function list(lines: readonly string[], indent = '    '): string {
  if (lines.length === 0) return '[]'
  return `[\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}]`
}

function routerText(router: FirstConfig['router']): string {
  const lines = Object.entries(router).map(([task, target]) => `    ${JSON.stringify(task)}: ${JSON.stringify(target)}`)
  if (lines.length === 0) return ''
  return `,\n\n  // Where requests go by what they are.\n  "router": {\n${lines.join(',\n')}\n  }`
}

/** Writes the whole file or nothing of it, for its owner alone. Makes the folder. */
export async function writeConfigFile(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await replaceFile(file, text, 0o600)
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${reasonOf(error)}`, { cause: error })
  }
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
