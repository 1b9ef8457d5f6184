import type { Effort } from './effort.ts'

/** What a model takes. Unknown models get permissive values: a gateway must not refuse what it has not heard of. */
export interface ModelCapabilities {
  /** Tokens, or null when unknown. */
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly vision: boolean
  readonly documents: boolean
  readonly tools: boolean
  /** `temperature`, `top_p`, `top_k` are accepted. */
  readonly sampling: boolean
  /** Which of Anthropic's thinking types the model takes; empty for models without thinking. */
  readonly thinking: readonly ('enabled' | 'adaptive' | 'disabled' | 'between_tools')[]
  /** Efforts that the model takes; empty when it has no such switch. */
  readonly efforts: readonly Effort[]
  /** `tool_choice` may force a call. */
  readonly forcedToolChoice: boolean
  /** JSON Schema output is supported. */
  readonly structuredOutput: boolean
  /** System messages are accepted in the middle of the conversation. */
  readonly midSystem: boolean
}
