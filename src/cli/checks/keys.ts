import { refusedFrom } from '../../admission/virtual-key.ts'
import type { VirtualKey } from '../../admission/virtual-key.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { ProviderSettings } from '../../providers/settings.ts'
import type { Surroundings } from '../command.ts'
import { settingsInUse } from '../provider-settings.ts'
import { storedClientKeys } from '../stored-client-keys.ts'
import { deadPatterns } from './dead-patterns.ts'
import type { Finding } from './finding.ts'

/** Whether keys allow what they are there for. `offline`: no vendor is asked which models it has. */
export async function checkKeys(
  loaded: LoadedConfig,
  offline: boolean,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const stored = await storedClientKeys(loaded.config, surroundings)
  if (stored === null) {
    return [finding('warning', 'those that were made by "ucr keys" cannot be read now', 'look after their store')]
  }
  const now = Date.now()
  const keys = [...loaded.config.keys, ...stored].filter((key) => refusedFrom(key) > now)
  const providers = (await settingsInUse(loaded, surroundings.environment)).filter(({ enabled }) => enabled)
  const found = [
    ...toolFindings(providers, keys),
    ...(await modelFindings({ loaded, providers, keys, offline }, surroundings)),
  ]
  if (found.length > 0) return found
  const count = `${keys.length} ${keys.length === 1 ? 'key is' : 'keys are'}`
  return [finding('ok', keys.length === 0 ? 'there is none that is accepted' : `${count} accepted`, null)]
}

/** A gateway without keys knows nobody, and goes by the provider alone. */
function toolFindings(providers: readonly ProviderSettings[], keys: readonly VirtualKey[]): readonly Finding[] {
  if (keys.length === 0 || keys.some(({ claudeTools }) => claudeTools.length > 0)) return []
  return providers
    .filter(({ claudeCode }) => (claudeCode?.allowedTools.length ?? 0) > 0)
    .map(({ id }) =>
      finding(
        'warning',
        `${id} has "allowedTools", and no key has "claudeTools": nobody can use them`,
        'give a key "claudeTools", such as "ucr keys create <name> --claude-tools Read", or take "allowedTools" away',
      ),
    )
}

interface ModelQuestion {
  readonly loaded: LoadedConfig
  readonly providers: readonly ProviderSettings[]
  readonly keys: readonly VirtualKey[]
  readonly offline: boolean
}

async function modelFindings(question: ModelQuestion, surroundings: Surroundings): Promise<readonly Finding[]> {
  const limited = question.keys.filter(({ models }) => models !== null)
  if (limited.length === 0) return []
  const patterns = [...new Set(limited.flatMap(({ models }) => models ?? []))]
  const dead = await deadPatterns(patterns, question, surroundings)
  return limited.flatMap(({ name, models }) => {
    const those = (models ?? []).filter((pattern) => dead.has(pattern)).map((pattern) => JSON.stringify(pattern))
    if (those.length === 0) return []
    const message = `"models" of the key ${JSON.stringify(name)} has ${those.join(', ')}, which no request can reach`
    return [finding('warning', message, '"ucr models list" shows what can be asked for')]
  })
}

function finding(status: Finding['status'], message: string, fix: string | null): Finding {
  return { check: 'keys', status, message, fix }
}
