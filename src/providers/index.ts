import { nearestNames } from '../lib/nearest-name.ts'
import { anthropic, anthropicCompatible } from './anthropic.ts'
import { claudeCode } from './claude-code.ts'
import { COMPATIBLE_PROVIDERS } from './compatible.ts'
import { githubCopilot } from './github-copilot.ts'
import { LOCAL_PROVIDERS } from './local-servers.ts'
import { openai } from './openai.ts'
import type { ProviderDefinition } from './provider.ts'
import { ProviderSettingsError } from './settings-error.ts'
import { simulator } from './simulator.ts'

/** All vendors, in the order in which displays list them. A vendor with its own file adds its line here. */
export const PROVIDERS: readonly ProviderDefinition[] = [
  anthropic,
  openai,
  claudeCode,
  githubCopilot,
  ...COMPATIBLE_PROVIDERS,
  ...LOCAL_PROVIDERS,
  anthropicCompatible,
  simulator,
]

const BY_TYPE: ReadonlyMap<string, ProviderDefinition> = new Map(PROVIDERS.map((entry) => [entry.type, entry]))

/** What people, and configs of older tools, call some of them. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['alibaba', 'qwen'],
  ['claude', 'anthropic'],
  ['copilot', 'github-copilot'],
  ['custom', 'openai-compatible'],
  ['dashscope', 'qwen'],
  ['glm', 'zai'],
  ['google', 'gemini'],
  ['google-openai', 'gemini'],
  ['grok', 'xai'],
  ['hf', 'huggingface'],
  ['kimi', 'moonshot'],
  ['llama.cpp', 'llama-cpp'],
  ['llamacpp', 'llama-cpp'],
  ['lmstudio', 'lm-studio'],
  ['moonshotai', 'moonshot'],
  ['nim', 'nvidia'],
  ['sim', 'simulator'],
  ['togetherai', 'together'],
  ['x-ai', 'xai'],
  ['z-ai', 'zai'],
  ['z.ai', 'zai'],
  ['zhipu', 'zai'],
])

/** The vendor that a config's `type` names. Throws ProviderSettingsError that says which one was probably meant. */
export function findProvider(type: string): ProviderDefinition {
  const name = type.trim().toLowerCase()
  const definition = BY_TYPE.get(OTHER_NAMES.get(name) ?? name)
  if (definition !== undefined) return definition
  const [nearest] = nearestNames(name, [...BY_TYPE.keys(), ...OTHER_NAMES.keys()], 1)
  const suggestion = nearest === undefined ? null : (OTHER_NAMES.get(nearest) ?? nearest)
  throw new ProviderSettingsError(
    'type',
    `There is no provider type "${type}".`,
    suggestion === null
      ? 'Use "openai-compatible" with a "baseUrl" for a host that speaks OpenAI Chat.'
      : `Did you mean "${suggestion}"? For any other host use "openai-compatible" with a "baseUrl".`,
  )
}
