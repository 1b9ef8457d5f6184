import { EFFORTS } from '../canonical/effort.ts'
import type { ChatReasoningDialect } from '../protocols/dialect.ts'
import {
  chatEndpoint,
  COMPATIBLE_CHAT_DIALECT,
  defineProvider,
  FOREIGN_MESSAGES_DIALECT,
  messagesEndpoint,
  withQuirks,
} from './define.ts'
import type { ChatQuirks, ModelQuirks } from './define.ts'
import type { ProviderDefinition } from './provider.ts'

/** A vendor that speaks OpenAI Chat, as one row. What a row leaves out is as in `COMPATIBLE_CHAT_DIALECT`. */
export interface CompatibleProvider {
  readonly name: string
  readonly baseUrl: string | null
  /** `/v1` where left out. */
  readonly versionPath?: string
  /** Environment variables with a key, best first. A server on one's own machine has none. */
  readonly keys: readonly string[]
  readonly keyPage?: string
  /** False: answers without a key. */
  readonly keyRequired?: false
  /** Null: the host lists no models below its base URL. */
  readonly modelsPath?: null
  readonly headers?: Readonly<Record<string, string>>
  /** Speaks Anthropic Messages as well, on `/messages` below the same base URL. */
  readonly messages?: true
  readonly localPort?: number
  readonly quirks: ChatQuirks
  /** Quirks of some of its models. */
  readonly models?: readonly ModelQuirks[]
}

/** No switch: the host decides by itself whether its models think. */
export const NO_SWITCH: Partial<ChatReasoningDialect> = { request: 'none', efforts: [] }
/** Servers that hand a request's `chat_template_kwargs` to the template of whatever model they run. */
export const TEMPLATE: Partial<ChatReasoningDialect> = {
  request: 'template',
  efforts: EFFORTS,
  sendBack: 'reasoning_content',
}
export const EFFORT_OF_GPT_OSS: ModelQuirks = {
  models: /gpt-oss/,
  quirks: { reasoning: { request: 'effort', efforts: ['low', 'medium', 'high'] } },
}
export function definitionOf(type: string, row: CompatibleProvider): ProviderDefinition {
  const dialect = withQuirks(COMPATIBLE_CHAT_DIALECT, row.quirks)
  const chat = chatEndpoint(dialect, row.models, row.modelsPath === null ? null : '/models')
  return defineProvider({
    type,
    name: row.name,
    baseUrl: row.baseUrl,
    versionPath: row.versionPath ?? '/v1',
    keyVariables: row.keys,
    keyRequired: row.keyRequired ?? true,
    endpoints: row.messages === undefined ? [chat] : [chat, messagesEndpoint(FOREIGN_MESSAGES_DIALECT, null)],
    headers: row.headers ?? {},
    local: row.localPort === undefined ? null : { port: row.localPort, path: '/v1/models' },
    keyPage: row.keyPage ?? null,
  })
}
