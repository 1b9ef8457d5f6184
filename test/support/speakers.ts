import { readChatStream } from '../conformance/chat-stream.ts'
import * as chat from '../conformance/chat-vendor.ts'
import { readMessagesStream } from '../conformance/messages-stream.ts'
import * as messages from '../conformance/messages-vendor.ts'
import type { Answer, Json } from './ask.ts'
import type { ReceivedEvent } from './read-sse.ts'
import type { UpstreamRequest, UpstreamScript } from './upstream.ts'

/** A wire protocol as its clients and its vendors speak it: what a test needs to be written once for all protocols. */
export interface Speaker {
  readonly protocol: 'anthropic-messages' | 'openai-chat'
  /** Of the provider in a config. */
  readonly type: 'anthropic' | 'openai'
  /** What the vendor calls its model. */
  readonly model: string
  readonly path: string
  /** What its clients send with every request. */
  readonly headers: Readonly<Record<string, string>>
  request(model: string, more?: Json): Json
  /** The words of a complete answer in either form. Throws where a client of this protocol would. */
  wordsOf(answer: Pick<Answer, 'text' | 'events'>): string
  /** The error that an answer is, or that its stream ends in. */
  errorOf(answer: Pick<Answer, 'text' | 'events'>): Json
  isPing(event: ReceivedEvent): boolean
  /** Events from the first to the last. */
  stream(words: string): readonly string[]
  /** A stream up to these words, which are not the last. */
  opening(words: string): readonly string[]
  /** The events that follow those. */
  rest(words: string): readonly string[]
  whole(words: string): Json
  /** The body of an error answer. */
  error(message: string, more?: Json): Json
  errorEvent(message: string): string
}

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] }

const MESSAGES: Speaker = {
  protocol: 'anthropic-messages',
  type: 'anthropic',
  model: 'claude-sonnet-5',
  path: '/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  request: (model, more = {}) => ({ model, max_tokens: 1000, ...HELLO, ...more }),
  wordsOf({ text, events }) {
    if (events.length === 0) return textOf((JSON.parse(text) as Json)['content'])
    const { content, error } = readMessagesStream(events)
    if (error !== null) throw new Error(`the stream ended in ${JSON.stringify(error)}`)
    return textOf(content)
  },
  errorOf({ text, events }) {
    const error = events.length === 0 ? (JSON.parse(text) as Json)['error'] : readMessagesStream(events).error
    return demanded(error, text)
  },
  isPing: ({ event }) => event === 'ping',
  stream: (words) => messages.messagesStream([{ type: 'text', text: words }], 'end_turn'),
  opening: (words) => [messages.START, messages.blockStart(0, { type: 'text', text: '' }), textDelta(words)],
  rest: (words) => [
    textDelta(words),
    messages.blockStop(0),
    messages.messageDelta({ stop_reason: 'end_turn' }),
    messages.STOP,
  ],
  whole: (words) => messages.message([{ type: 'text', text: words }], 'end_turn'),
  error: (message, more = {}) => ({ type: 'error', error: { type: 'api_error', message, ...more } }),
  errorEvent: (message) => messages.event({ type: 'error', error: { type: 'overloaded_error', message } }),
}

function textDelta(words: string): string {
  return messages.blockDelta(0, { type: 'text_delta', text: words })
}

function textOf(content: unknown): string {
  return (content as Json[]).map((block) => String(block['text'])).join('')
}

const CHAT: Speaker = {
  protocol: 'openai-chat',
  type: 'openai',
  model: 'gpt-5.5',
  path: '/v1/chat/completions',
  headers: {},
  request: (model, more = {}) => ({ model, ...HELLO, ...more }),
  wordsOf({ text, events }) {
    if (events.length === 0) {
      const [choice] = (JSON.parse(text) as { choices: { message: Json }[] }).choices
      return String(choice?.message['content'])
    }
    const { message, error } = readChatStream(events)
    if (error !== null) throw new Error(`the stream ended in ${JSON.stringify(error)}`)
    return String(message['content'])
  },
  errorOf({ text, events }) {
    const spoken = events.findLast(({ data }) => data !== '')?.data ?? text
    return demanded((JSON.parse(spoken) as Json)['error'], text)
  },
  isPing: ({ text }) => text.startsWith(':'),
  stream: (words) => chat.chatStream([chat.text(words)]),
  opening: (words) => [chat.OPENING, chat.text(words)],
  rest: (words) => [chat.text(words), chat.finish('stop'), chat.usage(), chat.DONE],
  whole: (words) => chat.completion({ content: words }),
  error: (message, more = {}) => ({ error: { message, type: 'server_error', param: null, code: null, ...more } }),
  errorEvent: (message) => chat.event({ error: { message, type: 'overloaded_error', code: 'overloaded' } }),
}

function demanded(error: unknown, text: string): Json {
  if (typeof error !== 'object' || error === null) throw new Error(`no error in ${text}`)
  return error as Json
}

export const SPEAKERS = { messages: MESSAGES, chat: CHAT } as const

export const EVERY_SPEAKER: readonly Speaker[] = [MESSAGES, CHAT]

/** Each client with each vendor. */
export const PAIRS = EVERY_SPEAKER.flatMap((client) => EVERY_SPEAKER.map((vendor) => ({ client, vendor })))

export function wantsStream(asked: UpstreamRequest): boolean {
  return (asked.json() as Json)['stream'] === true
}

/** A vendor that says this, in the form that is asked for. */
export function saying(vendor: Speaker, words: string): UpstreamScript {
  return async (asked, reply) => {
    if (!wantsStream(asked)) return reply.answer(200, JSON.stringify(vendor.whole(words)))
    await reply.streamHead()
    for (const event of vendor.stream(words)) await reply.chunk(event)
    await reply.lastChunk()
  }
}
