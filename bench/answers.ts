/** What the far end says: recorded shapes of both protocols, made once. */
export type Answer =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Chunks of an event stream, one event each, with `gap` milliseconds between them. */
  | { readonly kind: 'paced'; readonly head: Buffer; readonly events: readonly Buffer[]; readonly gap: number }

const EVENTS = 60
const WORDS = ' a few words of an answer'

type Content = 'text' | 'tools'

const anthropicUsage = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 60,
}
const chatUsage = {
  prompt_tokens: 12,
  completion_tokens: 60,
  total_tokens: 72,
  prompt_tokens_details: { cached_tokens: 0 },
}

function anthropicWhole(content: Content): string {
  const block =
    content === 'text'
      ? { type: 'text', text: WORDS.repeat(4) }
      : { type: 'tool_use', id: 'toolu_01', name: 'Bash', input: { command: 'ls -l', description: 'list' } }
  return JSON.stringify({
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [block],
    stop_reason: content === 'text' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: anthropicUsage,
  })
}

function chatWhole(content: Content): string {
  const message =
    content === 'text'
      ? { role: 'assistant', content: WORDS.repeat(4) }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_01',
              type: 'function',
              function: { name: 'Bash', arguments: '{"command":"ls -l","description":"list"}' },
            },
          ],
        }
  return JSON.stringify({
    id: 'chatcmpl-01',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5.5',
    choices: [{ index: 0, message, finish_reason: content === 'text' ? 'stop' : 'tool_calls', logprobs: null }],
    usage: chatUsage,
  })
}

function anthropicEvents(content: Content): string[] {
  const event = (data: { type: string } & Record<string, unknown>): string =>
    `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
  const message = {
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...anthropicUsage, output_tokens: 1 },
  }
  const start =
    content === 'text' ? { type: 'text', text: '' } : { type: 'tool_use', id: 'toolu_01', name: 'Bash', input: {} }
  const delta = (index: number): Record<string, unknown> =>
    content === 'text'
      ? { type: 'text_delta', text: WORDS }
      : {
          type: 'input_json_delta',
          partial_json: index === 0 ? '{"command":"' : index === EVENTS - 1 ? '"}' : 'ls -l; ',
        }
  return [
    event({ type: 'message_start', message }),
    event({ type: 'content_block_start', index: 0, content_block: start }),
    ...Array.from({ length: EVENTS }, (_, index) =>
      event({ type: 'content_block_delta', index: 0, delta: delta(index) }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: content === 'text' ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage: anthropicUsage,
    }),
    event({ type: 'message_stop' }),
  ]
}

function chatEvents(content: Content): string[] {
  const chunk = (delta: Record<string, unknown>, finish: string | null = null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-01',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-5.5',
      choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
    })}\n\n`
  const first =
    content === 'text'
      ? { role: 'assistant', content: '' }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: 'call_01', type: 'function', function: { name: 'Bash', arguments: '' } }],
        }
  const delta = (index: number): Record<string, unknown> =>
    content === 'text'
      ? { content: WORDS }
      : {
          tool_calls: [
            {
              index: 0,
              function: { arguments: index === 0 ? '{"command":"' : index === EVENTS - 1 ? '"}' : 'ls -l; ' },
            },
          ],
        }
  const usage = {
    id: 'chatcmpl-01',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.5',
    choices: [],
    usage: chatUsage,
  }
  return [
    chunk(first),
    ...Array.from({ length: EVENTS }, (_, index) => chunk(delta(index))),
    chunk({}, content === 'text' ? 'stop' : 'tool_calls'),
    `data: ${JSON.stringify(usage)}\n\n`,
    'data: [DONE]\n\n',
  ]
}

const frame = (text: string): Buffer => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
)

function json(text: string): Answer {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`
  return { kind: 'whole', bytes: Buffer.from(head + text) }
}

/** All events in one chunk, as a vendor's fast answer arrives. */
function burst(events: readonly string[]): Answer {
  return { kind: 'whole', bytes: Buffer.concat([STREAM_HEAD, frame(events.join('')), Buffer.from('0\r\n\r\n')]) }
}

function paced(events: readonly string[], gap: number): Answer {
  return { kind: 'paced', head: STREAM_HEAD, events: events.map(frame), gap }
}

function answersOf(whole: (content: Content) => string, events: (content: Content) => string[]): Map<string, Answer> {
  const table = new Map<string, Answer>()
  for (const content of ['text', 'tools'] as const) {
    table.set(`${content} whole`, json(whole(content)))
    table.set(`${content} stream`, burst(events(content)))
    table.set(`${content} paced`, paced(events(content), 10))
  }
  return table
}

const anthropic = answersOf(anthropicWhole, anthropicEvents)
const chat = answersOf(chatWhole, chatEvents)
const nothing: Answer = { kind: 'whole', bytes: Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n') }
const models: Answer = json('{"object":"list","data":[]}')

export const answers = {
  /** What a vendor says at `path`, without its head. */
  body(path: string, stream: boolean): Buffer {
    const answer = answers.choose(path, Buffer.from(`"stream":${stream}`))
    if (answer.kind !== 'whole') throw new Error('paced')
    const text = answer.bytes.toString('utf8')
    const body = text.slice(text.indexOf('\r\n\r\n') + 4)
    // A stream is the one chunk of its transfer coding.
    return Buffer.from(stream ? body.slice(body.indexOf('\r\n') + 2, body.lastIndexOf('\r\n0\r\n')) : body)
  },

  /** By words in the body: `bench-tools`, `bench-paced` anywhere in it, and `"stream":true`. */
  choose(path: string, body: Buffer): Answer {
    if (path.includes('/models')) return models
    const table = path.includes('/messages') ? anthropic : path.includes('/chat/completions') ? chat : null
    if (table === null) return nothing
    const content = body.includes('bench-tools') ? 'tools' : 'text'
    const streamed = body.includes('"stream":true') || body.includes('"stream": true')
    const way = streamed ? (body.includes('bench-paced') ? 'paced' : 'stream') : 'whole'
    return table.get(`${content} ${way}`) ?? nothing
  },
}
