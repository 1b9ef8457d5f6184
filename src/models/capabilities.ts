import type { ModelCapabilities } from '../canonical/capabilities.ts'
import { EFFORTS } from '../canonical/effort.ts'
import { aliasClass } from './aliases.ts'
import { catalogEntry } from './catalog.ts'
import type { CatalogEntry } from './catalog.ts'
import { familyTraits } from './families.ts'
import { claudeModel } from './name.ts'

/** What a model nobody has heard of is taken for: the vendor may say no, the gateway does not. */
export const UNKNOWN_CAPABILITIES: ModelCapabilities = {
  contextWindow: null,
  maxOutputTokens: null,
  vision: true,
  documents: true,
  tools: true,
  sampling: true,
  thinking: ['enabled', 'adaptive', 'disabled'],
  efforts: EFFORTS,
  forcedToolChoice: true,
  structuredOutput: true,
  midSystem: true,
}

/**
 * What a model takes: the catalog's facts, what is known of its family, and above both the config's own word.
 * `given` is the vendor's name for it, in any spelling; `providerType` tells whose limits count.
 */
export function capabilitiesOf(
  providerType: string,
  given: string,
  overrides: Partial<ModelCapabilities> = {},
): ModelCapabilities {
  const model = providerType === 'claude-code' ? newestOf(given) : given
  const entry = catalogEntry(providerType, model)
  const known = { ...UNKNOWN_CAPABILITIES, ...familyTraits(model) }
  if (entry !== null) Object.assign(known, limitsOf(entry))
  if (claudeModel(model) === null) {
    // Claude's efforts come from its family: the catalog adds levels of its own that stand for a thinking budget.
    if (entry !== null && entry.efforts !== null) Object.assign(known, { efforts: entry.efforts })
    // Hosts read a PDF by looking at its pages; OpenRouter has it read for models that cannot.
    if (entry !== null && providerType !== 'openrouter') Object.assign(known, { documents: entry.vision })
    if (known.efforts.length === 0) Object.assign(known, { thinking: [] })
  }
  return { ...known, ...overrides }
}

/** Claude Code takes the name of a class alone for its newest model. */
function newestOf(name: string): string {
  const named = aliasClass(name)
  return named === null ? name : `claude-${named}-latest`
}

function limitsOf({ contextWindow, maxOutputTokens, vision }: CatalogEntry): Partial<ModelCapabilities> {
  return { contextWindow, maxOutputTokens, vision }
}
