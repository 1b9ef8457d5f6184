import type { Effort } from '../canonical/effort.ts'

/**
 * How a vendor deviates from a protocol, as data. Codecs read these; providers fill them in. Reading is tolerant by
 * itself (a decoder knows every place where any vendor puts usage or reasoning), so most fields are about writing.
 */
export interface ChatDialect {
  /** Field that limits the output. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** Role of the leading system prompt. */
  readonly systemRole: 'system' | 'developer'
  /** Messages of role `developer` are understood; otherwise a client's are sent as `system`. */
  readonly developerRole: boolean
  /** System messages may carry an array of text parts; otherwise they are joined by a blank line. */
  readonly systemParts: boolean
  /** System messages may stand in the middle; otherwise they become user messages in `<system-reminder>`. */
  readonly midSystem: boolean
  /** Tool messages may carry images; otherwise a user message with them follows. */
  readonly toolImages: boolean
  /** `stream_options.include_usage` is understood. */
  readonly streamUsage: boolean
  readonly parallelToolCalls: boolean
  /** The word for "some tool must be called", null where there is none. */
  readonly requiredToolChoice: 'required' | 'any' | null
  /** `tool_choice` may name one function. */
  readonly namedToolChoice: boolean
  /** Tool call ids that the vendor takes. Mistral: exactly nine letters and digits. */
  readonly toolIds: 'any' | 'nine-alphanumeric'
  /** The field that has the vendor search the web by itself; null where it cannot be asked to. */
  readonly webSearch: 'web_search_options' | null
  /** `response_format` with a JSON Schema is understood. */
  readonly jsonSchema: boolean
  /** `strict` on function tools is understood. */
  readonly strictTools: boolean
  /** Most stop sequences that the vendor takes; the rest are enforced by the gateway. */
  readonly maxStop: number | null
  /** Where a prompt cache mark goes. `breakpoint`: OpenAI's `prompt_cache_breakpoint`; `cache_control`: Anthropic's. */
  readonly cacheMarks: 'none' | 'breakpoint' | 'cache_control'
  readonly reasoning: ChatReasoningDialect
  /** completion_tokens leaves reasoning tokens out (xAI). */
  readonly reasoningOutsideCompletion: boolean
  /** Raw `<think>` tags at the start of the content are reasoning. */
  readonly thinkTags: boolean
  /** A final assistant message needs `prefix: true` to be continued (Mistral). */
  readonly assistantPrefix: boolean
  /** Field that takes a hash of the end user, null where the vendor has none. */
  readonly userField: 'user' | 'safety_identifier' | 'user_id' | null
  /** Top-level request fields that this vendor answers with 400. Dropped and reported. */
  readonly rejects: readonly string[]
}

export interface ChatReasoningDialect {
  /**
   * How thinking is asked for. `effort`: `reasoning_effort`. `thinking`: `thinking: {type}` plus `reasoning_effort`.
   * `enable-thinking`: `enable_thinking` and `thinking_budget`. `openrouter`: the `reasoning` object.
   * `template`: `chat_template_kwargs.enable_thinking`. `none`: there is no switch.
   */
  readonly request: 'effort' | 'thinking' | 'enable-thinking' | 'openrouter' | 'template' | 'none'
  /** Efforts that the vendor takes, by our scale. */
  readonly efforts: readonly Effort[]
  /** The field in which an assistant message carries its reasoning back to the vendor. */
  readonly sendBack: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'content-parts'
  /** `tool-turns`: on every assistant message with tool calls, even empty (DeepSeek V4). `always`: wherever there is some. */
  readonly sendBackWhen: 'tool-turns' | 'always'
}

/** What OpenAI itself takes on `/v1/chat/completions`. */
export const OPENAI_CHAT_DIALECT: ChatDialect = {
  maxTokensField: 'max_completion_tokens',
  systemRole: 'system',
  developerRole: true,
  systemParts: true,
  midSystem: true,
  toolImages: false,
  streamUsage: true,
  parallelToolCalls: true,
  requiredToolChoice: 'required',
  namedToolChoice: true,
  toolIds: 'any',
  webSearch: 'web_search_options',
  jsonSchema: true,
  strictTools: true,
  maxStop: 4,
  cacheMarks: 'breakpoint',
  reasoning: {
    request: 'effort',
    efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
    sendBack: 'none',
    sendBackWhen: 'always',
  },
  reasoningOutsideCompletion: false,
  thinkTags: false,
  assistantPrefix: false,
  userField: 'safety_identifier',
  rejects: [],
}

/** How a host of the Anthropic Messages protocol deviates from Anthropic. */
export interface MessagesDialect {
  /** Signed and redacted thinking is accepted; otherwise thinking blocks are left out. */
  readonly thinkingSignatures: boolean
  /** The billing line that Claude Code puts first into `system` is Anthropic's own; others never see it. */
  readonly billingHeader: 'keep' | 'strip'
  /** `metadata.user_id` goes through as it is; otherwise as a hash. */
  readonly userId: 'keep' | 'hash'
  /** Fields of a request that the host takes and does nothing with. Reported. */
  readonly unheard: readonly ('metadata' | 'cache_control')[]
  /** `anthropic-version` to send when the client did not give one. */
  readonly version: string
}

export const ANTHROPIC_MESSAGES_DIALECT: MessagesDialect = {
  thinkingSignatures: true,
  billingHeader: 'keep',
  userId: 'keep',
  unheard: [],
  version: '2023-06-01',
}

/** One dialect per protocol that a provider can speak. */
export interface Dialects {
  readonly 'anthropic-messages': MessagesDialect
  readonly 'openai-chat': ChatDialect
}
