import * as fc from 'fast-check'
import type { JsonValue } from '../../src/lib/json.ts'

type Json = Record<string, JsonValue>

/** What both protocols can say, in the words of neither: generated once, written as a client of either would write it. */
export interface Conversation {
  readonly system: readonly string[]
  readonly turns: readonly Turn[]
  readonly tools: readonly ConversationTool[]
  readonly settings: ConversationSettings
}

export type Turn =
  | { readonly role: 'user'; readonly content: readonly Shown[] }
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string | null; readonly calls: readonly Call[] }

export type Shown = { readonly type: 'text'; readonly text: string } | { readonly type: 'image'; readonly url: string }

export interface Call {
  readonly id: string
  readonly name: string
  /** JSON text. */
  readonly input: string
  readonly result: string
}

interface ConversationTool {
  readonly name: string
  readonly description: string | null
  /** JSON text. */
  readonly schema: string
}

interface ConversationSettings {
  readonly choice: 'auto' | 'any' | 'none' | 'tool' | null
  readonly parallel: boolean | null
  readonly maxTokens: number
  readonly temperature: number | null
  readonly stop: readonly string[]
  readonly effort: 'low' | 'medium' | 'high' | null
  readonly schema: string | null
  readonly stream: boolean
}

// Blank texts, and white space at the ends of texts, are not for every vendor, and have tests of their own.
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).map((text) => `a${text}b`)
const words = fc.oneof(word, fc.constantFrom('Line\nbreak', '“Quoted” <&> 🙂', '\\u0041 \t x'))

const shown: fc.Arbitrary<Shown> = fc.oneof(
  { weight: 4, arbitrary: words.map((text): Shown => ({ type: 'text', text })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('data:image/png;base64,iVBORw0KGgo=', 'https://images.example/a.png')
      .map((url): Shown => ({ type: 'image', url })),
  },
)

/** Numbers that JavaScript has no value for, and keys whose order it would change. */
const inputs = fc.constantFrom(
  '{}',
  '{"command":"ls"}',
  '{"b":1.0,"a":12345678901234567890,"10":[1e400,-0.0],"2":{"x":null}}',
  '{"text":"“é” 🙂 \\u2028 <&>"}',
)

const calls = fc.array(fc.record({ name: fc.constantFrom('run', 'read', 'fetch_all'), input: inputs, result: words }), {
  maxLength: 3,
})

type Drafted = Omit<Extract<Turn, { role: 'assistant' }>, 'calls'> & {
  readonly calls: readonly Omit<Call, 'id'>[]
}

const drafted: fc.Arbitrary<Drafted> = fc
  .record({ role: fc.constant('assistant' as const), text: fc.option(words), calls })
  .filter(({ text, calls: made }) => text !== null || made.length > 0)

const user = fc.array(shown, { minLength: 1, maxLength: 3 }).map((content): Turn => ({ role: 'user', content }))
const system = words.map((text): Turn => ({ role: 'system', text }))

/** A user speaks first and last; a system message stands behind a user, where every vendor that knows one takes it. */
const turns = fc
  .tuple(user, fc.array(fc.tuple(fc.option(system), drafted, user), { maxLength: 4 }))
  .map(([first, more]) => [
    first,
    ...more.flatMap(([order, answer, next]) => (order === null ? [answer, next] : [order, answer, next])),
  ])
  .map((list): readonly Turn[] => list.map((turn, at) => (turn.role === 'assistant' ? withIds(turn, at) : turn)))

function withIds(turn: Drafted | Extract<Turn, { role: 'assistant' }>, at: number): Turn {
  return { ...turn, calls: turn.calls.map((call, index) => ({ ...call, id: `call_${at}_${index}` })) }
}

const schemas = fc.constantFrom(
  '{"type":"object","properties":{}}',
  '{"type":"object","properties":{"b":{"type":"string"},"1":{"enum":[1.0,12345678901234567890]}},"required":["b"]}',
  '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"type":{"type":["string","null"]}},"additionalProperties":false}',
)

const tools = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('run', 'read', 'fetch_all'), description: fc.option(words), schema: schemas }),
  { selector: ({ name }) => name, maxLength: 3 },
)

const settings: fc.Arbitrary<ConversationSettings> = fc.record({
  choice: fc.constantFrom('auto' as const, 'any' as const, 'none' as const, 'tool' as const, null),
  parallel: fc.constantFrom(true, false, null),
  maxTokens: fc.integer({ min: 1, max: 8000 }),
  temperature: fc.constantFrom(0, 0.25, 1, null),
  stop: fc.array(word, { maxLength: 3 }),
  effort: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, null),
  schema: fc.constantFrom(
    '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}',
    null,
    null,
  ),
  stream: fc.boolean(),
})

export const conversations: fc.Arbitrary<Conversation> = fc.record({
  system: fc.array(words, { maxLength: 2 }),
  turns,
  tools,
  settings,
})

/** JSON text as a value that is written as it stands, digits and all. */
class Verbatim {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }

  toJSON(): string {
    return `\u0000${this.json}\u0000`
  }
}

function write(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /"\\u0000(.*?)\\u0000"/g,
    (_, json: string) => JSON.parse(`"${json}"`) as string,
  )
}

/** As an Anthropic client writes it. */
export function toMessagesRequest({
  system: prompt,
  turns: list,
  tools: offered,
  settings: wanted,
}: Conversation): string {
  const messages = list.flatMap((turn): Json[] | object[] => {
    if (turn.role === 'system') return [{ role: 'system', content: turn.text }]
    if (turn.role === 'user') return [{ role: 'user', content: turn.content.map(messagesBlock) }]
    const texts = turn.text === null ? [] : [{ type: 'text', text: turn.text }]
    const uses = turn.calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input: new Verbatim(input) }))
    const results = turn.calls.map(({ id, result }) => ({ type: 'tool_result', tool_use_id: id, content: result }))
    const answered = results.length === 0 ? [] : [{ role: 'user', content: results }]
    return [{ role: 'assistant', content: [...texts, ...uses] }, ...answered]
  })
  const first = offered[0]?.name
  const type = wanted.choice === 'tool' && first === undefined ? 'auto' : wanted.choice
  const parallel = wanted.parallel === null ? {} : { disable_parallel_tool_use: !wanted.parallel }
  return write({
    model: 'm',
    max_tokens: wanted.maxTokens,
    ...(prompt.length === 0 ? {} : { system: prompt.map((text) => ({ type: 'text', text })) }),
    messages,
    ...(offered.length === 0
      ? {}
      : {
          tools: offered.map(({ name, description, schema }) => ({
            name,
            ...(description === null ? {} : { description }),
            input_schema: new Verbatim(schema),
          })),
        }),
    ...(type === null || offered.length === 0
      ? {}
      : { tool_choice: { type, ...(type === 'tool' ? { name: first } : {}), ...(type === 'none' ? {} : parallel) } }),
    ...(wanted.temperature === null ? {} : { temperature: wanted.temperature }),
    ...(wanted.stop.length === 0 ? {} : { stop_sequences: wanted.stop }),
    ...outputConfig(wanted),
    ...(wanted.stream ? { stream: true } : {}),
  })
}

function outputConfig({ effort, schema }: ConversationSettings): object {
  if (effort === null && schema === null) return {}
  const format = schema === null ? {} : { format: { type: 'json_schema', schema: new Verbatim(schema) } }
  return { output_config: { ...(effort === null ? {} : { effort }), ...format } }
}

function messagesBlock(part: Shown): Json {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const [, mediaType, data] = /^data:(.*?);base64,(.*)$/.exec(part.url) ?? []
  if (mediaType === undefined || data === undefined) return { type: 'image', source: { type: 'url', url: part.url } }
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } }
}

/** As an OpenAI client writes it. */
export function toChatRequest({ system: prompt, turns: list, tools: offered, settings: wanted }: Conversation): string {
  const messages = list.flatMap((turn): object[] => {
    if (turn.role === 'system') return [{ role: 'system', content: turn.text }]
    if (turn.role === 'user') return [{ role: 'user', content: turn.content.map(chatPart) }]
    const toolCalls = turn.calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: input },
    }))
    const results = turn.calls.map(({ id, result }) => ({ role: 'tool', tool_call_id: id, content: result }))
    return [
      { role: 'assistant', content: turn.text, ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }) },
      ...results,
    ]
  })
  const first = offered[0]?.name
  return write({
    model: 'm',
    messages: [
      ...(prompt.length === 0 ? [] : [{ role: 'system', content: prompt.map((text) => ({ type: 'text', text })) }]),
      ...messages,
    ],
    max_completion_tokens: wanted.maxTokens,
    ...(offered.length === 0
      ? {}
      : {
          tools: offered.map(({ name, description, schema }) => ({
            type: 'function',
            function: { name, ...(description === null ? {} : { description }), parameters: new Verbatim(schema) },
          })),
        }),
    ...(wanted.choice === null || offered.length === 0 ? {} : { tool_choice: chatChoice(wanted.choice, first) }),
    ...(wanted.parallel === null || offered.length === 0 || wanted.choice === null || wanted.choice === 'none'
      ? {}
      : { parallel_tool_calls: wanted.parallel }),
    ...(wanted.temperature === null ? {} : { temperature: wanted.temperature }),
    ...(wanted.stop.length === 0 ? {} : { stop: wanted.stop }),
    ...(wanted.effort === null ? {} : { reasoning_effort: wanted.effort }),
    ...(wanted.schema === null
      ? {}
      : {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', strict: true, schema: new Verbatim(wanted.schema) },
          },
        }),
    ...(wanted.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
}

function chatChoice(choice: Exclude<ConversationSettings['choice'], null>, first: string | undefined): JsonValue {
  if (choice === 'any') return 'required'
  return choice === 'tool' ? { type: 'function', function: { name: first ?? '' } } : choice
}

function chatPart(part: Shown): Json {
  return part.type === 'text' ? { type: 'text', text: part.text } : { type: 'image_url', image_url: { url: part.url } }
}
