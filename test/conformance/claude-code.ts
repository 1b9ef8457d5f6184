import type { Json } from './harness.ts'

/**
 * Requests in the form of Claude Code 2.1.330 with Opus 5.5, observed on 2026-11-22, with texts and tools of our own: a
 * billing line that is another one each time, system messages inside the conversation, cache marks that move on, content that
 * is an array once and a string the next time, tools that are withheld.
 */

/** The billing line of the n-th request of a session; never the same twice. */
const billing = (turn: number): Json => ({
  type: 'text',
  text: `x-anthropic-billing-header: cc_version=2.1.330.${['d64', '86f', '480', 'f6c'][turn]}; cc_entrypoint=sdk-cli;`,
})

const MARK = { cache_control: { type: 'ephemeral' } }

export const system = (turn = 0): Json[] => [
  billing(turn),
  { type: 'text', text: 'You are a coding assistant on the command line.', ...MARK },
  { type: 'text', text: 'Work in small steps.\nSay what you did — “briefly” — and stop. 🙂', ...MARK },
]

const schema = (properties: Json, required: readonly string[]): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

export const BASH: Json = {
  name: 'Bash',
  description: 'Runs a command in a shell.\n\n - Quote paths with spaces: "a b".\n - Never <script> & the like.',
  input_schema: schema(
    {
      command: { type: 'string', description: 'The command' },
      timeout: { type: 'number', description: 'Milliseconds', maximum: 600000, exclusiveMinimum: 0 },
    },
    ['command'],
  ),
}

export const READ: Json = {
  name: 'Read',
  description: 'Reads a file.',
  input_schema: schema({ file_path: { type: 'string' }, offset: { type: 'integer', minimum: 0 } }, ['file_path']),
}

/** Tells the vendor that there is a tool search; nobody ever calls it. */
const PLACEHOLDER: Json = {
  name: 'DeferredToolPlaceholder',
  description: 'Never call this.',
  input_schema: schema({}, []),
  defer_loading: true,
}

export const TOOLS: readonly Json[] = [BASH, READ, PLACEHOLDER]

export const USER_ID = JSON.stringify({
  device_id: 'd'.repeat(64),
  account_uuid: '6a1f1b0e-0000-4000-8000-000000000000',
  session_id: 'b7e0c1de-0000-4000-8000-000000000000',
})

/** All that a request says beside its conversation. */
export function settings(model: string): Json {
  return {
    model,
    metadata: { user_id: USER_ID },
    max_tokens: 128000,
    thinking: { type: 'adaptive', display: 'omitted' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'medium' },
    stream: true,
  }
}

/** Where the request's last cache mark stands, and where it does no more. */
const opening = (marked: boolean): Json[] => [
  {
    role: 'user',
    content: [
      { type: 'text', text: '<system-reminder>\nToday is 2026-11-22.\n</system-reminder>\n' },
      { type: 'text', text: 'What is in notes.txt?' },
    ],
  },
  marked
    ? {
        role: 'system',
        content: [{ type: 'text', text: REMINDER, ...MARK }],
        output_config: { effort: 'medium' },
      }
    : { role: 'system', content: REMINDER, output_config: { effort: 'medium' } },
]

export const REMINDER = 'The tools Bash and Read are available; others are found by searching.'

export interface Exchanged {
  /** The model's blocks, as they came. */
  readonly answer: readonly Json[]
  /** What the client has to say to them. */
  readonly reply: readonly Json[]
}

/** The request that follows these exchanges. The newest block carries the mark, those before are written in short. */
export function claudeCodeRequest(model: string, exchanged: readonly Exchanged[] = []): Json {
  const messages: Json[] = opening(exchanged.length === 0)
  for (const [index, { answer, reply }] of exchanged.entries()) {
    const isLast = index === exchanged.length - 1
    const blocks = reply.map((block, at) => (isLast && at === reply.length - 1 ? { ...block, ...MARK } : block))
    messages.push(
      { role: 'assistant', content: answer },
      { role: 'user', content: isLast ? blocks : shortened(blocks) },
    )
  }
  const { stream, ...rest } = settings(model)
  return { ...rest, messages, system: system(exchanged.length), tools: TOOLS, stream }
}

function shortened(blocks: readonly Json[]): Json[] | string {
  const [only] = blocks
  return blocks.length === 1 && only?.['type'] === 'text' ? String(only['text']) : [...blocks]
}

export const toolUse = (id: string, name: string, input: Json): Json => ({ type: 'tool_use', id, name, input })
export const toolResult = (id: string, content: unknown, more: Json = {}): Json => ({
  tool_use_id: id,
  type: 'tool_result',
  content,
  ...more,
})
export const said = (text: string): Json => ({ type: 'text', text })

/** Headers that Claude Code sends with every request. */
export const CLAUDE_CODE_HEADERS = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,mid-conversation-tool-changes-2026-07-01,effort-2025-11-24',
  'anthropic-dangerous-direct-browser-access': 'true',
  'x-app': 'cli',
  'x-claude-code-session-id': 'b7e0c1de-0000-4000-8000-000000000000',
  'x-stainless-retry-count': '0',
  'x-stainless-timeout': '600',
} as const
