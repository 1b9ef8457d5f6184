import * as z from 'zod/mini'
import type { ModelCapabilities } from '../canonical/capabilities.ts'
import { EFFORTS } from '../canonical/effort.ts'
import type { ChatDialect, ChatReasoningDialect } from '../protocols/dialect.ts'
import { choice, flag, list, text, whole } from './scalars.ts'

const efforts = (description: string) =>
  list(choice(EFFORTS, { description: 'An effort.' }), { expected: 'a list of efforts', description })

const reasoning = z
  .object(
    {
      request: z.exactOptional(
        choice(['effort', 'thinking', 'enable-thinking', 'openrouter', 'template', 'none'], {
          description: 'How thinking is asked for.',
        }),
      ),
      efforts: z.exactOptional(efforts('The efforts that this host takes.')),
      sendBack: z.exactOptional(
        choice(['none', 'reasoning_content', 'reasoning', 'reasoning_details', 'content-parts'], {
          description: 'The field in which earlier reasoning goes back to the host.',
        }),
      ),
      sendBackWhen: z.exactOptional(
        choice(['tool-turns', 'always'], { description: 'Which messages carry their reasoning back.' }),
      ),
    } satisfies Record<keyof ChatReasoningDialect, unknown>,
    { error: 'an object' },
  )
  .check(z.meta({ description: 'How this host is asked to think, and how it gets its thoughts back.' }))

/** `dialect` of a provider. */
export const dialectSchema = z
  .object(
    {
      maxTokensField: z.exactOptional(
        choice(['max_tokens', 'max_completion_tokens'], { description: 'The field that limits the output.' }),
      ),
      systemRole: z.exactOptional(choice(['system', 'developer'], { description: 'The role of the system prompt.' })),
      developerRole: z.exactOptional(flag({ description: 'Messages of role `developer` are understood.' })),
      systemParts: z.exactOptional(flag({ description: 'System messages may carry an array of text parts.' })),
      midSystem: z.exactOptional(flag({ description: 'System messages may stand between others.' })),
      toolImages: z.exactOptional(flag({ description: 'Tool messages may carry images.' })),
      streamUsage: z.exactOptional(flag({ description: '`stream_options.include_usage` is understood.' })),
      parallelToolCalls: z.exactOptional(flag({ description: '`parallel_tool_calls` is understood.' })),
      requiredToolChoice: z.exactOptional(
        z.nullable(choice(['required', 'any'], { description: 'The word for "some tool must be called".' })),
      ),
      namedToolChoice: z.exactOptional(flag({ description: '`tool_choice` may name one function.' })),
      toolIds: z.exactOptional(
        choice(['any', 'nine-alphanumeric'], { description: 'The tool call ids that this host takes.' }),
      ),
      webSearch: z.exactOptional(
        z.nullable(
          choice(['web_search_options'], { description: 'The field that has the host search the web by itself.' }),
        ),
      ),
      jsonSchema: z.exactOptional(flag({ description: '`response_format` with a JSON Schema is understood.' })),
      strictTools: z.exactOptional(flag({ description: '`strict` on tools is understood.' })),
      maxStop: z.exactOptional(
        z.nullable(
          whole({
            expected: 'a whole number from 0 to 64, or null',
            minimum: 0,
            maximum: 64,
            description:
              'The most stop sequences that this host takes; the gateway enforces the rest. Null: any number.',
          }),
        ),
      ),
      cacheMarks: z.exactOptional(
        choice(['none', 'breakpoint', 'cache_control'], { description: 'How a prompt cache mark is written.' }),
      ),
      reasoning: z.exactOptional(reasoning),
      reasoningOutsideCompletion: z.exactOptional(
        flag({ description: '`completion_tokens` leaves reasoning tokens out.' }),
      ),
      thinkTags: z.exactOptional(flag({ description: '`<think>` tags at the start of the content are reasoning.' })),
      assistantPrefix: z.exactOptional(
        flag({ description: 'A final assistant message needs `prefix: true` to be continued.' }),
      ),
      userField: z.exactOptional(
        z.nullable(
          choice(['user', 'safety_identifier', 'user_id'], { description: 'The field for a hash of the end user.' }),
        ),
      ),
      rejects: z.exactOptional(
        list(text({ expected: 'a field name', description: 'A field.' }), {
          expected: 'a list of field names',
          description: 'Top-level request fields that this host refuses; they are left out, and reported.',
        }),
      ),
    } satisfies Record<keyof ChatDialect, unknown>,
    { error: 'an object' },
  )
  .check(z.meta({ description: "Quirks of an OpenAI-compatible host that the vendor's own row does not know." }))

const THINKING = ['enabled', 'adaptive', 'disabled', 'between_tools'] as const

const tokens = (description: string) =>
  z.nullable(
    whole({
      expected: 'a number of tokens, or null',
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description,
      examples: [200_000],
    }),
  )

/** `capabilities` of a provider. */
export const capabilitiesSchema = z
  .object(
    {
      contextWindow: z.exactOptional(tokens('Tokens of input and output together; null when unknown.')),
      maxOutputTokens: z.exactOptional(tokens('The most tokens of one answer; null when unknown.')),
      vision: z.exactOptional(flag({ description: 'Takes images.' })),
      documents: z.exactOptional(flag({ description: 'Takes PDF documents.' })),
      tools: z.exactOptional(flag({ description: 'Calls tools.' })),
      sampling: z.exactOptional(flag({ description: 'Takes `temperature`, `top_p` and `top_k`.' })),
      thinking: z.exactOptional(
        list(choice(THINKING, { description: 'A thinking type.' }), {
          expected: 'a list of thinking types',
          description: "Which of Anthropic's thinking types it takes.",
        }),
      ),
      efforts: z.exactOptional(efforts('The efforts that it takes.')),
      forcedToolChoice: z.exactOptional(flag({ description: '`tool_choice` may force a call.' })),
      structuredOutput: z.exactOptional(flag({ description: 'Answers by a JSON Schema.' })),
      midSystem: z.exactOptional(flag({ description: 'Takes system messages between others.' })),
    } satisfies Record<keyof ModelCapabilities, unknown>,
    { error: 'an object' },
  )
  .check(
    z.meta({ description: 'What the models of this provider can do, where the built-in catalog is wrong or silent.' }),
  )
