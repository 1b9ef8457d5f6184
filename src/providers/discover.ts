import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { defaultSettings } from './default-settings.ts'
import { PROVIDERS } from './index.ts'
import type { ProviderDefinition } from './provider.ts'
import type { ProviderSettings } from './settings.ts'

/** Higher is preferred: a model of a local server is seldom what a client meant by an unknown name. */
const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['anthropic', 3],
  ['openai', 2],
])
const OTHER_PRIORITY = 1
const LOCAL_PRIORITY = 0

/**
 * One provider for each vendor with a stored key or one in the environment. Priority: Anthropic, OpenAI, then all others.
 * `stored`: by the vendor's type.
 */
export function providersFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  stored: ReadonlyMap<string, string> = new Map(),
): readonly ProviderSettings[] {
  const found: ProviderSettings[] = []
  for (const { type, keyVariables } of PROVIDERS) {
    const variable = keyVariables.find((name) => (environment[name] ?? '').trim() !== '')
    const apiKey = stored.get(type) ?? (variable === undefined ? undefined : environment[variable])
    if (apiKey === undefined) continue
    const source = stored.has(type) ? 'stored credential' : `environment variable ${variable ?? ''}`
    found.push(defaultSettings({ id: type, type, apiKey, priority: PRIORITIES.get(type) ?? OTHER_PRIORITY, source }))
  }
  return found.toSorted((a, b) => b.priority - a.priority)
}

/** The text of what a GET of `url` answers with status 200, within a time that suits the loopback; else null. */
export type Probe = (url: string) => Promise<string | null>

/**
 * Servers that answer on this machine, with the models they have loaded. Ports mean little, and one of them may be a
 * gateway like this one: where a kind of server signs its list of models, only the signature counts.
 */
export async function localProviders(probe: Probe): Promise<readonly ProviderSettings[]> {
  const local = PROVIDERS.flatMap((definition) =>
    definition.local === null ? [] : [{ definition, ...definition.local }],
  )
  const urls = [...new Set(local.map(({ port, path }) => `http://127.0.0.1:${port}${path}`))]
  const answers = new Map(await Promise.all(urls.map(async (url) => [url, await probed(probe, url)] as const)))
  const found: ProviderSettings[] = []
  const taken = new Set<string>()
  for (const { definition, port, path } of local) {
    const url = `http://127.0.0.1:${port}${path}`
    const models = answers.get(url) ?? null
    if (models === null || taken.has(url) || !signedBy(definition, models)) continue
    taken.add(url)
    found.push(settingsOf(definition, `http://127.0.0.1:${port}`, models))
  }
  return found
}

function settingsOf(definition: ProviderDefinition, origin: string, models: readonly ServedModel[]): ProviderSettings {
  const { type } = definition
  return defaultSettings({
    id: type,
    type,
    baseUrl: origin,
    models: models.map(({ id }) => id).filter((id) => !/embed|rerank/i.test(id)),
    priority: LOCAL_PRIORITY,
    source: `local server at ${origin}`,
  })
}

interface ServedModel {
  readonly id: string
  readonly owner: string | null
}

async function probed(probe: Probe, url: string): Promise<readonly ServedModel[] | null> {
  try {
    const body = await probe(url)
    return body === null ? null : servedModels(parseJson(body))
  } catch {
    return null
  }
}

/** What servers write as the owner of each model. Those that are not here write nothing that tells them apart. */
const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['llama-cpp', 'llamacpp'],
  ['sglang', 'sglang'],
  ['vllm', 'vllm'],
])
/** Written by these where they stand on a port that another kind of server uses as well. */
const UNSIGNED: ReadonlyMap<string, readonly (string | null)[]> = new Map([['localai', [null, '', 'localai']]])

function signedBy({ type }: ProviderDefinition, models: readonly ServedModel[]): boolean {
  const signature = SIGNATURES.get(type)
  if (signature !== undefined) return models.some(({ owner }) => owner === signature)
  const allowed = UNSIGNED.get(type)
  return allowed === undefined || (models.length > 0 && models.every(({ owner }) => allowed.includes(owner)))
}

function servedModels(answer: JsonValue): readonly ServedModel[] | null {
  const data = isObject(answer) ? answer['data'] : undefined
  if (!Array.isArray(data)) return null
  return data.flatMap((item) => {
    if (!isObject(item) || typeof item['id'] !== 'string') return []
    const owner = item['owned_by']
    return [{ id: item['id'], owner: typeof owner === 'string' ? owner : null }]
  })
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
