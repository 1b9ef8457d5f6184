/**
 * `same`: client and upstream speak Anthropic Messages. `cross`: the upstream speaks OpenAI Chat. `back`: the client speaks
 * OpenAI Chat, the upstream Anthropic Messages. `cached`: a request that was answered before.
 */
export type Kind = 'same' | 'cross' | 'back' | 'cached'

/** What is measured: the same work for every gateway, each request with its own number. */
export interface Scenario {
  readonly id: string
  /** For the table. */
  readonly title: string
  readonly kind: Kind
  readonly connections: number
  readonly body: (model: string, n: number) => string
  /** A right answer holds these. */
  readonly expect: readonly string[]
  /** A right answer has this near its end: looked for in every single one. */
  readonly last: string
  /** CPU is divided by events instead of requests. */
  readonly events: number | null
}

const WORDS = 'You are an interactive agent that helps with software engineering tasks. Use the tools that you have. '

/**
 * About 150 KB with a word near its start, shaped like what Claude Code sends: a long system prompt, 25 tools with schemas,
 * some history.
 */
function largeParts(word: string): { system: unknown; tools: unknown; messages: unknown[] } {
  const properties = (count: number): Record<string, unknown> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `parameter_${index}`,
        { type: 'string', description: `What the parameter with number ${index} is for. ${WORDS}` },
      ]),
    )
  return {
    system: [
      { type: 'text', text: `You are Claude Code. ${word}`, cache_control: { type: 'ephemeral' } },
      { type: 'text', text: WORDS.repeat(300), cache_control: { type: 'ephemeral' } },
    ],
    tools: Array.from({ length: 25 }, (_, index) => ({
      name: `Tool${index}`,
      description: WORDS.repeat(12),
      input_schema: {
        type: 'object',
        properties: properties(8),
        required: ['parameter_0'],
        additionalProperties: false,
      },
    })),
    messages: Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? { role: 'user', content: [{ type: 'text', text: WORDS.repeat(25) }] }
        : { role: 'assistant', content: [{ type: 'text', text: WORDS.repeat(25) }] },
    ),
  }
}

const small = (model: string, n: number, stream: boolean, word = ''): string =>
  JSON.stringify({
    model,
    max_tokens: 1024,
    stream,
    messages: [{ role: 'user', content: `${word} request ${n}: ${WORDS}` }],
  })

/** Made once for each model and cut where the number goes: the driver must not spend its core on writing JSON. */
const largeBodies = new Map<string, readonly string[]>()

export const claudeCode = (model: string, n: number, stream: boolean, word = ''): string => {
  const key = `${model} ${stream} ${word}`
  let pieces = largeBodies.get(key)
  if (pieces === undefined) {
    const large = largeParts(word)
    const messages = [...large.messages, { role: 'user', content: 'request @@' }]
    pieces = JSON.stringify({
      model,
      max_tokens: 1024,
      stream,
      system: large.system,
      tools: large.tools,
      messages,
    }).split('@@')
    largeBodies.set(key, pieces)
  }
  return pieces.join(String(n))
}

const TOOL = {
  name: 'Bash',
  description: 'Runs a command.',
  input_schema: { type: 'object', properties: { command: { type: 'string' } } },
}

const withTool = (model: string, n: number, stream: boolean): string =>
  JSON.stringify({
    model,
    max_tokens: 1024,
    stream,
    tools: [TOOL],
    messages: [{ role: 'user', content: `bench-tools ${n}: list the files` }],
  })

const withChatTool = (model: string, n: number, stream: boolean): string =>
  JSON.stringify({
    model,
    max_tokens: 1024,
    stream,
    tools: [
      {
        type: 'function',
        function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.input_schema },
      },
    ],
    messages: [{ role: 'user', content: `bench-tools ${n}: list the files` }],
  })

const STREAM = ['message_start', 'content_block_delta', 'message_stop']
const WORDS_OF_ANSWER = 'a few words of an answer'

type Work = Omit<Scenario, 'id' | 'title' | 'kind'>

function both(id: string, title: string, work: Work): Scenario[] {
  return [
    { ...work, id: `same-${id}`, title, kind: 'same' },
    { ...work, id: `cross-${id}`, title, kind: 'cross' },
  ]
}

/** The client speaks Anthropic Messages. */
export const scenarios: readonly Scenario[] = [
  ...both('small', 'JSON, 300 B', {
    connections: 8,
    body: (model, n) => small(model, n, false),
    expect: [WORDS_OF_ANSWER, '"end_turn"'],
    last: '"end_turn"',
    events: null,
  }),
  ...both('tool-call', 'JSON with a tool call', {
    connections: 8,
    body: (model, n) => withTool(model, n, false),
    expect: ['"tool_use"', '"Bash"', 'ls -l'],
    last: '"tool_use"',
    events: null,
  }),
  ...both('large', 'JSON, 150 KB', {
    connections: 8,
    body: (model, n) => claudeCode(model, n, false),
    expect: [WORDS_OF_ANSWER, '"end_turn"'],
    last: '"end_turn"',
    events: null,
  }),
  ...both('burst', 'stream, 60 events at once', {
    connections: 8,
    body: (model, n) => small(model, n, true),
    expect: [...STREAM, WORDS_OF_ANSWER, '"end_turn"'],
    last: 'message_stop',
    events: null,
  }),
  ...both('tools', 'stream with a tool call', {
    connections: 8,
    body: (model, n) => withTool(model, n, true),
    expect: [...STREAM, '"tool_use"', 'input_json_delta'],
    last: 'message_stop',
    events: null,
  }),
  ...both('paced', 'stream, an event each 10 ms, per event', paced(50, 10, 60)),
]

/** The client speaks OpenAI Chat, the upstream Anthropic Messages. */
export const backScenarios: readonly Scenario[] = [
  {
    id: 'back-small',
    title: 'JSON, 300 B',
    kind: 'back',
    connections: 8,
    body: (model, n) => small(model, n, false),
    expect: [WORDS_OF_ANSWER, '"chat.completion"', '"stop"'],
    last: '"total_tokens"',
    events: null,
  },
  {
    id: 'back-burst',
    title: 'stream, 60 events at once',
    kind: 'back',
    connections: 8,
    body: (model, n) => small(model, n, true),
    expect: [WORDS_OF_ANSWER, '"chat.completion.chunk"', '"stop"', '[DONE]'],
    last: '[DONE]',
    events: null,
  },
  {
    id: 'back-tools',
    title: 'stream with a tool call',
    kind: 'back',
    connections: 8,
    body: (model, n) => withChatTool(model, n, true),
    expect: ['"Bash"', '"tool_calls"', '[DONE]'],
    last: '[DONE]',
    events: null,
  },
]

/** Asked once before, so that a gateway with a cache has the answer; the only one whose requests do not differ. */
export const cachedScenario: Scenario = {
  id: 'cached',
  title: 'answer from the cache',
  kind: 'cached',
  connections: 8,
  body: (model) =>
    JSON.stringify({
      model,
      max_tokens: 1024,
      temperature: 0,
      stream: false,
      messages: [{ role: 'user', content: `the same question: ${WORDS}` }],
    }),
  expect: [WORDS_OF_ANSWER],
  last: '"end_turn"',
  events: null,
}

/** `count` streams at once, an event each `gap` milliseconds, `events` of them, behind short prompts or long ones. */
export function paced(count: number, gap: number, events: number, request = small): Work {
  return {
    connections: count,
    body: (model, n) => request(model, n, true, `bench-paced-${gap}x${events}`),
    expect: [...STREAM, WORDS_OF_ANSWER],
    last: 'message_stop',
    events,
  }
}
