import type { ModelCapabilities } from '../canonical/capabilities.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { OwnPrices } from '../models/own-prices.ts'
import type { ChatQuirks } from './define.ts'
import type { ClaudeCodeOptions } from './claude-code-options.ts'
import type { Timeouts } from './provider.ts'

/** One entry of the config's `providers`, variables filled in and defaults applied. */
export interface ProviderSettings {
  readonly id: string
  readonly type: string
  /** As the user gave it; null: the vendor's own. */
  readonly baseUrl: string | null
  readonly apiKey: string | null
  readonly models: readonly string[]
  readonly defaultModel: string | null
  readonly enabled: boolean
  readonly priority: number
  readonly weight: number
  /** Speak only this one of the vendor's protocols; null: all of them. */
  readonly protocol: ProtocolId | null
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: Timeouts
  /** Quirks of this host that the vendor's row does not know. */
  readonly dialect: ChatQuirks
  readonly capabilities: Partial<ModelCapabilities>
  /** In place of list prices. */
  readonly prices: OwnPrices
  /** Only for the type of that name. */
  readonly claudeCode?: ClaudeCodeOptions
  /** How it came into the config: the file, an environment variable, a local server that answered, the stored credentials. */
  readonly source: string
}
