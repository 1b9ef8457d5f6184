import { request } from 'undici'
import { onTestFinished } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import type { TestGateway } from '../support/gateway.ts'
import { collectSse, readSse } from '../support/read-sse.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import { startUpstream } from '../support/upstream.ts'
import type { Upstream, UpstreamRequest, UpstreamScript } from '../support/upstream.ts'

export type Json = Record<string, unknown>

/** The far end as the config names it. `model` is what the gateway asks it for. */
export interface Vendor {
  readonly type: string
  readonly model: string
  /** More of the provider's config: `dialect`, `capabilities`. */
  readonly settings?: Json
}

/** A vendor of each protocol, as strict as the real one. */
export const CHAT: Vendor = { type: 'openai', model: 'gpt-5.5' }
export const MESSAGES: Vendor = { type: 'anthropic', model: 'claude-sonnet-5' }
/** A host of OpenAI Chat about which nothing is known. */
export const CHAT_HOST: Vendor = { type: 'openai-compatible', model: 'local-model' }

/** What clients ask for: an alias, so that every case also shows that the reply says the client's own name. */
export const ASKED = 'asked-model'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  readonly events: readonly ReceivedEvent[]
  /** The connection was gone before the answer was whole. */
  readonly cut: boolean
  json(): Json
}

/** A stream that is read step by step. */
export interface OpenAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The next event, comments included; null at the end. Rejects when the connection is cut. */
  next(): Promise<ReceivedEvent | null>
}

/** A whole gateway with one scripted vendor behind it, and a client in front. Closed when the test is over. */
export interface Bench {
  readonly upstream: Upstream
  readonly gateway: TestGateway
  /** The vendor's request with this number, decoded. */
  asked(number?: number): Json
  messages(body?: Json, headers?: Record<string, string>): Promise<Answer>
  chat(body?: Json, headers?: Record<string, string>): Promise<Answer>
  openMessages(body?: Json): Promise<OpenAnswer>
  openChat(body?: Json): Promise<OpenAnswer>
  /** The access line of the request that got this answer. */
  recordOf(answer: Answer): Promise<Json>
}

/** The gateway's key at the vendor: no client may ever see it. */
export const VENDOR_KEY = 'sk-far-0123456789abcdef'

const providerId = (index: number): string => (index === 0 ? 'far' : `far${index + 1}`)

const MESSAGES_PATH = '/v1/messages'
const CHAT_PATH = '/v1/chat/completions'

/**
 * Several vendors, of whom clients ask the first and the others are its fallbacks, all answer by one script: it can tell
 * them apart by their models. `config` goes on top of: these providers, the alias, one try for each request.
 */
export async function startBench(
  vendors: Vendor | readonly Vendor[],
  script: UpstreamScript,
  config: Json = {},
): Promise<Bench> {
  const upstream = await startUpstream(script)
  const list = 'type' in vendors ? [vendors] : vendors
  const gateway = await startGateway({
    providers: list.map(({ type, model, settings }, index) => ({
      id: providerId(index),
      type,
      baseUrl: upstream.url,
      apiKey: VENDOR_KEY,
      models: [model],
      ...settings,
    })),
    models: { [ASKED]: list.map(({ model }, index) => `${providerId(index)}/${model}`) },
    retry: { attempts: 1, budget: 1 },
    ...config,
  })
  onTestFinished(async () => {
    await gateway.close()
    await upstream.close()
  })
  const send = (path: string, body: Json, headers: Record<string, string> = {}) =>
    request(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      reset: true,
    })
  return {
    upstream,
    gateway,
    asked: (number = 0) => upstream.requests[number]?.json() as Json,
    messages: async (body, headers) =>
      readAnswer(await send(MESSAGES_PATH, messagesBody(body), { 'anthropic-version': '2023-06-01', ...headers })),
    chat: async (body, headers) => readAnswer(await send(CHAT_PATH, chatBody(body), headers)),
    openMessages: async (body) =>
      openAnswer(
        await send(MESSAGES_PATH, messagesBody({ stream: true, ...body }), { 'anthropic-version': '2023-06-01' }),
      ),
    openChat: async (body) => openAnswer(await send(CHAT_PATH, chatBody({ stream: true, ...body }))),
    recordOf: (answer) =>
      gateway.logged((line) => line['msg'] === 'request' && line['requestId'] === answer.headers['request-id']),
  }
}

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] }

function messagesBody(body: Json = {}): Json {
  return { model: ASKED, max_tokens: 1000, ...HELLO, ...body }
}

function chatBody(body: Json = {}): Json {
  return { model: ASKED, ...HELLO, ...body }
}

type Received = Awaited<ReturnType<typeof request>>

async function readAnswer({ statusCode: status, headers, body }: Received): Promise<Answer> {
  const chunks: Buffer[] = []
  let cut = false
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer)
  } catch {
    cut = true
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const isStream = String(headers['content-type']).startsWith('text/event-stream')
  const events = isStream ? await collectSse(text) : []
  return { status, headers: flat(headers), text, events, cut, json: () => JSON.parse(text) as Json }
}

function openAnswer({ statusCode: status, headers, body }: Received): OpenAnswer {
  const events = readSse(body)
  const next = async (): Promise<ReceivedEvent | null> => {
    const step = await events.next()
    return step.done === true ? null : step.value
  }
  onTestFinished(() => void body.on('error', () => {}).destroy())
  return { status, headers: flat(headers), next }
}

function flat(headers: Received['headers']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]))
}

/** How the vendor's bytes are cut on their way: each cut is a piece that the gateway reads by itself. */
export const DELIVERIES = ['at once', 'event by event', 'byte by byte'] as const
export type Delivery = (typeof DELIVERIES)[number]

/** An answer in the two forms that a vendor has for it. The stream is a list of events, as text or bytes. */
export interface VendorAnswer {
  readonly stream?: readonly (string | Buffer)[]
  readonly whole?: Json
}

/** Gives this answer, in the form that is asked for, to every request. */
export function answering(answer: VendorAnswer, delivery: Delivery = 'event by event'): UpstreamScript {
  return async (asked, reply) => {
    if (!wantsStream(asked)) {
      if (answer.whole === undefined) throw new Error('this vendor only streams')
      return reply.answer(200, JSON.stringify(answer.whole))
    }
    if (answer.stream === undefined) throw new Error('this vendor does not stream')
    await reply.streamHead()
    for (const piece of pieces(answer.stream, delivery)) await reply.chunk(piece)
    await reply.lastChunk()
  }
}

/** Gives these answers one after the other; the last one to every further request. */
export function answeringInTurn(...scripts: readonly UpstreamScript[]): UpstreamScript {
  let count = 0
  return (asked, reply) => scripts[Math.min(count++, scripts.length - 1)]?.(asked, reply)
}

export function wantsStream(asked: UpstreamRequest): boolean {
  return (asked.json() as Json)['stream'] === true
}

/** The events as they are read: each piece by itself. */
function pieces(events: readonly (string | Buffer)[], delivery: Delivery): readonly Buffer[] {
  const bytes = events.map((event) => Buffer.from(event))
  if (delivery === 'event by event') return bytes
  const all = Buffer.concat(bytes)
  if (delivery === 'at once') return [all]
  return Array.from({ length: all.length }, (_, at) => all.subarray(at, at + 1))
}

/** The events as pieces of a chunked body, without its end. */
export function chunked(events: readonly (string | Buffer)[], delivery: Delivery = 'event by event'): Buffer {
  const frames = pieces(events, delivery).flatMap((piece) => [`${piece.length.toString(16)}\r\n`, piece, '\r\n'])
  return Buffer.concat(frames.map((part) => Buffer.from(part)))
}
