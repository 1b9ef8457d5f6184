import type { JsonNode, JsonText } from '../lib/json.ts'
import type { CacheMark, Part } from './content.ts'
import type { Effort } from './effort.ts'
import type { Ext } from './ext.ts'
import type { ProtocolId } from './protocol-id.ts'

/** One request for a model's answer, whatever protocol it came in. */
export interface CanonicalRequest {
  /** As the client wrote it. Encoders write the target's name instead, which their context gives. */
  readonly model: string
  /** The system prompt in front of the conversation: text parts (and opaque ones). Empty means none. */
  readonly instructions: readonly Part[]
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | null
  /** False forbids several calls in one turn; null leaves it to the model. */
  readonly parallelToolCalls: boolean | null
  readonly maxOutputTokens: number | null
  readonly sampling: Sampling
  readonly stop: readonly string[]
  readonly reasoning: ReasoningRequest | null
  readonly outputFormat: OutputFormat | null
  readonly stream: boolean
  /** Chat's `stream_options.include_usage`; protocols that always report usage decode to true. */
  readonly includeUsage: boolean
  /** Whoever the end user is, in the client's words (`metadata.user_id`, `user`). Never sent to third parties as it is. */
  readonly user: string | null
  /**
   * The gateway put the messages together from several requests and answers, perhaps of several protocols: encoders bring
   * them into shape, whoever the client is.
   */
  readonly assembled?: boolean
  readonly ext: Ext | null
}

export interface Message {
  /** `system` in the middle of a conversation stays where it stands: moving it would change the prompt's prefix. */
  readonly role: 'user' | 'assistant' | 'system'
  /** Tool results are parts of a user message. Boundaries are the source's; encoders regroup as their protocol asks. */
  readonly parts: readonly Part[]
  /** Chat's `name`. */
  readonly name: string | null
  readonly ext: Ext | null
}

export type Tool = FunctionTool | OpaqueTool

/** A tool that the client executes. */
export interface FunctionTool {
  readonly kind: 'function'
  readonly name: string
  readonly description: JsonText | null
  /** JSON Schema of the input, or null when the client gave none: the most of many requests, and most of it nobody looks into. */
  readonly inputSchema: JsonNode | null
  readonly strict: boolean | null
  /** Withheld from the model until a tool search names it. */
  readonly deferred: boolean
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

/** A tool that a vendor executes (`web_search_20250305`), or one of a kind nobody typed. */
export interface OpaqueTool {
  readonly kind: 'opaque'
  /** The wire's type name. */
  readonly type: string
  readonly name: string
  readonly protocol: ProtocolId
  readonly raw: JsonText
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  /** Some tool must be called. */
  | { readonly type: 'required' }
  | { readonly type: 'tool'; readonly name: string }

/** Number literals as the client wrote them; null where absent. */
export interface Sampling {
  readonly temperature: JsonText | null
  readonly topP: JsonText | null
  readonly topK: JsonText | null
  readonly presencePenalty: JsonText | null
  readonly frequencyPenalty: JsonText | null
  readonly seed: JsonText | null
}

export interface ReasoningRequest {
  /** `on`: think, within `budget` where given. `adaptive`: the model decides. `default`: only an effort was asked for. */
  readonly mode: 'off' | 'on' | 'adaptive' | 'default'
  /** Tokens. */
  readonly budget: number | null
  readonly effort: Effort | null
  /** Whether the client wants to read the reasoning (`summarized`, `omitted`, or what a vendor adds). */
  readonly display: string | null
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json-object' }
  | {
      readonly type: 'json-schema'
      readonly name: string | null
      readonly description: JsonText | null
      readonly schema: JsonText
      readonly strict: boolean | null
    }
