import type { LoadedConfig } from '../../config/load.ts'
import { findProvider } from '../../providers/index.ts'
import type { ProviderSettings } from '../../providers/settings.ts'
import { askVendor } from '../ask-vendor.ts'
import type { Surroundings } from '../command.ts'
import { checkClaudeCodeProvider } from './claude-code-provider.ts'
import type { Finding } from './finding.ts'
import { Failure } from '../failure.ts'
import { settingsInUse } from '../provider-settings.ts'

/** Whether each provider answers and takes its key. */
export async function checkProviders(
  loaded: LoadedConfig,
  surroundings: Pick<Surroundings, 'environment' | 'home'>,
): Promise<readonly Finding[]> {
  const enabled = (await settingsInUse(loaded, surroundings.environment)).filter((settings) => settings.enabled)
  if (enabled.length > 0)
    return Promise.all(
      enabled.map((settings) =>
        settings.type === 'claude-code' ? checkClaudeCodeProvider(settings, surroundings) : checkProvider(settings),
      ),
    )
  const message = 'none is configured or found, so only the simulator answers'
  return [
    finding('warning', message, 'set ANTHROPIC_API_KEY or OPENAI_API_KEY, start a local server, or run "ucr setup"'),
  ]
}

async function checkProvider(settings: ProviderSettings): Promise<Finding> {
  const { id } = settings
  try {
    const { list, milliseconds } = await askVendor(settings)
    switch (list.status) {
      case 'listed':
        return finding(
          'ok',
          `${id} answers in ${Math.round(milliseconds)} ms and has ${list.models.length} models`,
          null,
        )
      case 'unavailable':
        return finding('ok', `${id} lists no models, so only a request can tell whether it works`, null)
      case 'failed':
        return finding('error', `${id}: ${list.why}`, fixFor(settings, list.why))
      default:
        return list satisfies never
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return finding('error', error.message, error.fix)
  }
}

function fixFor({ id, type, apiKey, source }: ProviderSettings, why: string): string {
  const { keyPage } = findProvider(type)
  if (!why.includes('key') && !why.includes('credential')) {
    return `check "baseUrl" of ${id} and the network, or switch it off with "ucr providers disable ${id}"`
  }
  const page = keyPage === null ? '' : ` (keys are made at ${keyPage})`
  const from = apiKey === null ? '' : ` The key came from: ${source}.`
  return `store a new one with "ucr auth login ${id}"${page}.${from}`
}

function finding(status: Finding['status'], message: string, fix: string | null): Finding {
  return { check: 'providers', status, message, fix }
}
