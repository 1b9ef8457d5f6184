import { ANTHROPIC_MESSAGES_DIALECT, OPENAI_CHAT_DIALECT } from '../protocols/dialect.ts'
import type { ChatDialect, ChatReasoningDialect, MessagesDialect } from '../protocols/dialect.ts'
import { plainModelName } from '../models/name.ts'
import type { EndpointOf, ProviderDefinition } from './provider.ts'

/** How a host differs from the dialect it starts from. */
export type ChatQuirks = Partial<Omit<ChatDialect, 'reasoning'>> & {
  readonly reasoning?: Partial<ChatReasoningDialect>
}

/** Quirks of those models of a host whose plain name matches. */
export interface ModelQuirks {
  readonly models: RegExp
  readonly quirks: ChatQuirks
}

/**
 * What every server can be expected to take that calls itself OpenAI-compatible. Each field is the choice that fails
 * least where nothing is known: system messages are moved rather than refused, and nothing recent is sent.
 */
export const COMPATIBLE_CHAT_DIALECT: ChatDialect = {
  ...OPENAI_CHAT_DIALECT,
  maxTokensField: 'max_tokens',
  developerRole: false,
  systemParts: false,
  midSystem: false,
  webSearch: null,
  strictTools: false,
  cacheMarks: 'none',
  reasoning: { request: 'effort', efforts: ['low', 'medium', 'high'], sendBack: 'none', sendBackWhen: 'always' },
  userField: 'user',
}

export function withQuirks(dialect: ChatDialect, quirks: ChatQuirks): ChatDialect {
  return { ...dialect, ...quirks, reasoning: { ...dialect.reasoning, ...quirks.reasoning } }
}

/** A Chat endpoint. Where several rows of `byModel` match, later ones win. */
export function chatEndpoint(
  dialect: ChatDialect,
  byModel: readonly ModelQuirks[] = [],
  modelsPath: string | null = '/models',
): EndpointOf<'openai-chat'> {
  return {
    protocol: 'openai-chat',
    path: '/chat/completions',
    modelsPath,
    countPath: null,
    dialect,
    adapt: byModel.length === 0 ? null : (model, base) => adapted(base, byModel, plainModelName(model)),
  }
}

function adapted(dialect: ChatDialect, byModel: readonly ModelQuirks[], model: string): ChatDialect {
  return byModel
    .filter(({ models }) => models.test(model))
    .reduce((result, { quirks }) => withQuirks(result, quirks), dialect)
}

/** What a client tells Anthropic of its user and its version is nobody else's business. */
export const FOREIGN_MESSAGES_DIALECT: MessagesDialect = {
  ...ANTHROPIC_MESSAGES_DIALECT,
  billingHeader: 'strip',
  userId: 'hash',
}

export function messagesEndpoint(dialect: MessagesDialect, countPath: string | null): EndpointOf<'anthropic-messages'> {
  // The list comes in pages of 20 where nothing is said; this is the most that may be asked for.
  const modelsPath = '/models?limit=1000'
  return { protocol: 'anthropic-messages', path: '/messages', modelsPath, countPath, dialect, adapt: null }
}

type Required = 'type' | 'name' | 'baseUrl' | 'endpoints'

/** Fills in what most vendors have in common: bearer keys, `/v1`, no headers of their own. */
export function defineProvider(
  given: Pick<ProviderDefinition, Required> & Partial<Omit<ProviderDefinition, Required>>,
): ProviderDefinition {
  return {
    versionPath: '/v1',
    keyVariables: [],
    keyRequired: true,
    auth: 'bearer',
    headers: {},
    forwardHeaders: [],
    local: null,
    keyPage: null,
    ...given,
  }
}
