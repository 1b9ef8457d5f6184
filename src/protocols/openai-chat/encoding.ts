import type { CanonicalRequest } from '../../canonical/request.ts'
import type { UpstreamRequestContext } from '../protocol.ts'
import { ownFields } from './ext.ts'
import { ToolNames } from './tool-names.ts'

/** What the steps of encoding one request share. */
export interface Encoding {
  readonly context: UpstreamRequestContext<'openai-chat'>
  /** The request came from a Chat client: it stays as it is, but for what this vendor does not take. */
  readonly own: boolean
  /** And so did all of its messages: their order and their shape are the client's. */
  readonly ownMessages: boolean
  readonly names: ToolNames
  /** What fields are called in the client's protocol, for reports. */
  readonly source: SourceNames
}

export interface SourceNames {
  readonly maxTokens: string
  readonly thinking: string
  readonly budget: string
  readonly effort: string
  readonly display: string
  readonly format: string
  readonly parallel: string
  readonly user: string
  readonly schema: string
}

const CHAT: SourceNames = {
  maxTokens: 'max_tokens',
  thinking: 'thinking',
  budget: 'thinking_budget',
  effort: 'reasoning_effort',
  display: 'reasoning.exclude',
  format: 'response_format',
  parallel: 'parallel_tool_calls',
  user: 'user',
  schema: 'tools.function.parameters',
}

const ANTHROPIC: SourceNames = {
  maxTokens: 'max_tokens',
  thinking: 'thinking',
  budget: 'thinking.budget_tokens',
  effort: 'output_config.effort',
  display: 'thinking.display',
  format: 'output_config.format',
  parallel: 'tool_choice.disable_parallel_tool_use',
  user: 'metadata.user_id',
  schema: 'tools.input_schema',
}

export function encodingOf(request: CanonicalRequest, context: Encoding['context']): Encoding {
  const own = ownFields(request.ext) !== null
  const ownMessages = own && request.assembled !== true
  return { context, own, ownMessages, names: new ToolNames(request, own), source: own ? CHAT : ANTHROPIC }
}
