import { request } from 'undici'
import { onTestFinished } from 'vitest'
import { collectSse, readSse } from './read-sse.ts'
import type { ReceivedEvent } from './read-sse.ts'

export type Json = Record<string, unknown>

/** What a client got. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** Of an event stream; comments are among them. */
  readonly events: readonly ReceivedEvent[]
  /** The connection was gone before the answer was whole. */
  readonly cut: boolean
  json(): Json
}

/** An answer that is read step by step. */
export interface OpenAnswer {
  readonly status: number
  readonly headers: Answer['headers']
  /** The next event, comments included; null at the end. Rejects when the connection is cut. */
  next(): Promise<ReceivedEvent | null>
  /** Reads up to the event for which this holds, which comes last; to the end when none is like that. */
  until(holds: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]>
  /** The client goes away. */
  leave(): void
}

export interface Question {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** A string or bytes go out as they are. */
  readonly body?: Json | string | Buffer
  /** Called with the text so far, each time that more of it comes. */
  readonly onText?: (text: string) => void
}

/** One request on a connection of its own, and the whole answer. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { statusCode: status, headers, body } = await send(url, question)
  const chunks: Buffer[] = []
  let cut = false
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer)
      question.onText?.(Buffer.concat(chunks).toString('utf8'))
    }
  } catch {
    cut = true
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const events = String(headers['content-type']).startsWith('text/event-stream') ? await collectSse(text) : []
  return { status, headers: flat(headers), text, events, cut, json: () => JSON.parse(text) as Json }
}

/** One request, whose answer is read as it comes. The client leaves at the end of the test at the latest. */
export async function askOpen(url: string, question: Question): Promise<OpenAnswer> {
  const { statusCode: status, headers, body } = await send(url, question)
  const events = readSse(body)
  const leave = (): void => void body.on('error', () => {}).destroy()
  onTestFinished(leave)
  const next = async (): Promise<ReceivedEvent | null> => {
    const step = await events.next()
    return step.done === true ? null : step.value
  }
  const until: OpenAnswer['until'] = async (holds) => {
    const read: ReceivedEvent[] = []
    for (let event = await next(); event !== null; event = await next()) {
      read.push(event)
      if (holds(event)) break
    }
    return read
  }
  return { status, headers: flat(headers), next, until, leave }
}

type Received = Awaited<ReturnType<typeof request>>

function send(url: string, { method, headers = {}, body }: Question): Promise<Received> {
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  return request(url, {
    method: method ?? (bytes === undefined ? 'GET' : 'POST'),
    headers: bytes === undefined ? { ...headers } : { 'content-type': 'application/json', ...headers },
    body: bytes ?? null,
    reset: true,
  })
}

function flat(headers: Received['headers']): Answer['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]))
}
