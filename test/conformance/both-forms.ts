import { expect } from 'vitest'
import { readChatStream } from './chat-stream.ts'
import type { ReadChat } from './chat-stream.ts'
import type { Answer, Bench, Json } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

export interface MessagesForms {
  /** The message, which both forms agree on. */
  readonly message: Json
  readonly content: readonly Json[]
  readonly whole: Answer
  readonly streamed: Answer
}

/** Asks for the same answer whole and streamed, as a Messages client; the two have to say the same. */
export async function messagesForms(bench: Pick<Bench, 'messages'>, body: Json = {}): Promise<MessagesForms> {
  const whole = await bench.messages(body)
  const streamed = await bench.messages({ ...body, stream: true })
  expect([whole.status, streamed.status], whole.text + streamed.text).toEqual([200, 200])
  const message = whole.json()
  const read = readMessagesStream(streamed.events)
  expect(read.error).toBeNull()
  expect({ ...read.message, id: null }).toEqual({ ...message, id: null })
  return { message, content: message['content'] as Json[], whole, streamed }
}

export interface ChatForms extends Pick<ReadChat, 'message' | 'finishReason' | 'usage' | 'chunks'> {
  readonly completion: Json
  readonly whole: Answer
  readonly streamed: Answer
}

/** The same for a Chat client, which asks for usage. */
export async function chatForms(bench: Pick<Bench, 'chat'>, body: Json = {}): Promise<ChatForms> {
  const whole = await bench.chat(body)
  const streamed = await bench.chat({ ...body, stream: true, stream_options: { include_usage: true } })
  expect([whole.status, streamed.status], whole.text + streamed.text).toEqual([200, 200])
  const completion = whole.json()
  const { completion: folded, message: _, ...read } = readChatStream(streamed.events)
  expect(read.error).toBeNull()
  const constant = { id: null, created: null }
  expect(withEmptyContent({ ...folded, ...constant })).toEqual(withEmptyContent({ ...completion, ...constant }))
  const [choice] = completion['choices'] as Json[]
  return { ...read, completion, message: choice?.['message'] as Json, whole, streamed }
}

/** A stream has no word for members that are null, nor for content that is empty. */
function withEmptyContent(completion: Json): Json {
  const [choice] = completion['choices'] as Json[]
  const { annotations, ...message } = (choice?.['message'] ?? {}) as Json
  const said = Object.entries(message).filter(([, value]) => value !== null && value !== '')
  const cited = (annotations as unknown[] | undefined) ?? []
  return { ...completion, choices: [{ ...choice, message: { ...Object.fromEntries(said), annotations: cited } }] }
}
