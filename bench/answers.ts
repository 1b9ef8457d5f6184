/** What the far end says: recorded shapes of both protocols, made once. */
export type Answer =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** An event stream: what comes at once, the event that then comes again and again, and the end. */
  | { readonly kind: 'paced'; readonly head: Buffer; readonly event: Buffer; readonly tail: Buffer }

const EVENTS = 60
const WORDS = ' a few words of an answer'

/** Where an event says when it was sent (nanoseconds of the machine's monotonic clock) and its place in the stream. */
export const STAMP = { clock: 19, place: 4, blank: `t=${'@'.repeat(19)}#${'@'.repeat(4)}` }

const CONTENTS = ['text', 'tools', 'long'] as const
type Content = (typeof CONTENTS)[number]
type Protocol = 'anthropic' | 'chat'

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

/** `long`: 10 KB, worth compressing. */
function wordsOf(content: Content): string {
  return WORDS.repeat(content === 'long' ? 400 : 4)
}

function anthropicWhole(content: Content): string {
  const block =
    content !== 'tools'
      ? { type: 'text', text: wordsOf(content) }
      : { type: 'tool_use', id: 'toolu_01', name: 'Bash', input: { command: 'ls -l', description: 'list' } }
  return JSON.stringify({
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [block],
    stop_reason: content !== 'tools' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: anthropicUsage,
  })
}

function chatWhole(content: Content): string {
  const message =
    content !== 'tools'
      ? { role: 'assistant', content: wordsOf(content) }
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
    choices: [{ index: 0, message, finish_reason: content !== 'tools' ? 'stop' : 'tool_calls', logprobs: null }],
    usage: chatUsage,
  })
}

function anthropicEvents(content: Content, words: string): string[] {
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
    content !== 'tools' ? { type: 'text', text: '' } : { type: 'tool_use', id: 'toolu_01', name: 'Bash', input: {} }
  const delta = (index: number): Record<string, unknown> =>
    content !== 'tools'
      ? { type: 'text_delta', text: words }
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
      delta: { stop_reason: content !== 'tools' ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage: anthropicUsage,
    }),
    event({ type: 'message_stop' }),
  ]
}

function chatEvents(content: Content, words: string): string[] {
  const chunk = (delta: Record<string, unknown>, finish: string | null = null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-01',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-5.5',
      choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
    })}\n\n`
  const first =
    content !== 'tools'
      ? { role: 'assistant', content: '' }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: 'call_01', type: 'function', function: { name: 'Bash', arguments: '' } }],
        }
  const delta = (index: number): Record<string, unknown> =>
    content !== 'tools'
      ? { content: words }
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
    chunk({}, content !== 'tools' ? 'stop' : 'tool_calls'),
    `data: ${JSON.stringify(usage)}\n\n`,
    'data: [DONE]\n\n',
  ]
}

const frame = (text: string): Buffer => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
)

function json(text: string, status = '200 OK'): Answer {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`
  return { kind: 'whole', bytes: Buffer.from(head + text) }
}

/** All events in one chunk, as a vendor's fast answer arrives. */
function burst(events: readonly string[]): Answer {
  return { kind: 'whole', bytes: Buffer.concat([STREAM_HEAD, frame(events.join('')), Buffer.from('0\r\n\r\n')]) }
}

function paced(events: readonly string[]): Answer {
  const first = events.findIndex((event) => event.includes(STAMP.blank))
  const last = events.findLastIndex((event) => event.includes(STAMP.blank))
  return {
    kind: 'paced',
    head: Buffer.concat([STREAM_HEAD, ...events.slice(0, first).map(frame)]),
    event: frame(events[first] ?? ''),
    tail: Buffer.concat([...events.slice(last + 1).map(frame), Buffer.from('0\r\n\r\n')]),
  }
}

function answersOf(
  whole: (content: Content) => string,
  events: (content: Content, words: string) => string[],
): Map<string, Answer> {
  const table = new Map<string, Answer>([['paced', paced(events('text', STAMP.blank + WORDS))]])
  for (const content of CONTENTS) {
    table.set(`${content}.whole`, json(whole(content)))
    table.set(`${content}.stream`, burst(events(content, WORDS)))
  }
  return table
}

const tables: Readonly<Record<Protocol, Map<string, Answer>>> = {
  anthropic: answersOf(anthropicWhole, anthropicEvents),
  chat: answersOf(chatWhole, chatEvents),
}
const others = {
  unknown: { kind: 'whole', bytes: Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n') },
  models: json('{"object":"list","data":[]}'),
  refusal: json('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', '529 Overloaded'),
} satisfies Record<string, Answer>

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

  /** By words in the body: `"stream":true`, and `bench-tools`, `bench-long`, `bench-error` or `bench-paced-...` anywhere in it. */
  choose(path: string, body: Buffer): Answer {
    if (path.includes('/models')) return others.models
    const protocol = path.includes('/messages') ? 'anthropic' : path.includes('/chat/completions') ? 'chat' : null
    if (protocol === null) return others.unknown
    if (body.includes('bench-error')) return others.refusal
    const content = body.includes('bench-tools') ? 'tools' : body.includes('bench-long') ? 'long' : 'text'
    const streamed = body.includes('"stream":true') || body.includes('"stream": true')
    const name = !streamed ? `${content}.whole` : body.includes('bench-paced-') ? 'paced' : `${content}.stream`
    return tables[protocol].get(name) ?? others.unknown
  },

  /** All of them, by the names of the files that the far end written in C reads. */
  files(): Map<string, Buffer> {
    const files = new Map<string, Buffer>()
    const add = (name: string, answer: Answer): void => {
      if (answer.kind === 'whole') files.set(name, answer.bytes)
      else for (const part of ['head', 'event', 'tail'] as const) files.set(`${name}.${part}`, answer[part])
    }
    for (const [protocol, table] of Object.entries(tables)) {
      for (const [name, answer] of table) add(`${protocol}.${name}`, answer)
    }
    for (const [name, answer] of Object.entries(others)) add(name, answer)
    return files
  },
}
