import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Headers } from '../lib/headers.ts'
import { anthropicVendor } from './anthropic/vendor.ts'
import { describeSimulator } from './describe.ts'
import type { EntryPredicate, JournalEntry } from './journal.ts'
import { Journal } from './journal.ts'
import { Line } from './line.ts'
import { SIMULATOR_MODELS, findModel } from './models.ts'
import { openaiVendor } from './openai/vendor.ts'
import type { Outcome } from './play.ts'
import { play } from './play.ts'
import type { Playback, PlaybackContext } from './playback.ts'
import { errorPlayback, wholePlayback } from './playback.ts'
import type { Script } from './respond.ts'
import { Responder } from './respond.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { ListedModel, Vendor } from './vendor.ts'

export interface SimulatorOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Decides on answers; for requests where it gives null the model decides. */
  readonly script?: Script
  /** How many requests are remembered: true (default) for the latest 1000, false for none. */
  readonly journal?: boolean | number
  /** The only key that is accepted. By default every key is, and none too. */
  readonly apiKey?: string
  /** False takes requests that the vendors would refuse. */
  readonly validate?: boolean
  /** Ids to list besides the simulator's own; they are agents. */
  readonly models?: readonly string[]
}

/**
 * A model vendor that no model stands behind: it speaks Anthropic's Messages API and OpenAI's Chat Completions API over
 * real sockets, with answers, pace and faults chosen by the name of the model and by `x-sim-*` headers.
 */
export interface Simulator {
  /** `http://127.0.0.1:4010`. Anthropic's base URL; OpenAI's is this with `/v1`. */
  readonly url: string
  readonly port: number
  /** The requests so far, oldest first. */
  readonly requests: readonly JournalEntry[]
  /** Calls the listener for each request, when its body is complete. Returns what takes the listener away again. */
  onRequest(listener: (entry: JournalEntry) => void): () => void
  /** The first request that fits, one of those so far or the next to come. Rejects when the simulator is closed. */
  waitForRequest(predicate?: EntryPredicate): Promise<JournalEntry>
  /** The first request that fits and whose client left before it had the whole answer. */
  onAborted(predicate?: EntryPredicate): Promise<JournalEntry>
  /** Ends all connections. */
  close(): Promise<void>
}

const DEFAULT_JOURNAL = 1000
const KEEP_ALIVE_MILLISECONDS = 60_000

/** Starts a simulator. Rejects when it cannot listen (`EADDRINUSE`). */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', journal: remember = true } = options
  const journal = new Journal(typeof remember === 'number' ? remember : remember ? DEFAULT_JOURNAL : 0)
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MILLISECONDS, requestTimeout: 0 })
  const door = new Door(options, journal)
  server.on('request', (request, response) => void door.serve(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, () => resolve())
  })
  const port = portOf(server.address())
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: journal.entries,
    onRequest: (listener) => journal.onRequest(listener),
    waitForRequest: (predicate = always) => journal.waitForRequest(predicate),
    onAborted: (predicate = always) => journal.waitForAbort(predicate),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      journal.end()
    },
  }
}

function always(): boolean {
  return true
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Leads requests to what answers them. */
class Door {
  readonly #journal: Journal
  readonly #responder: Responder
  readonly #models: readonly ListedModel[]
  readonly #connections = new WeakMap<Socket, number>()
  #connectionCount = 0

  constructor(options: SimulatorOptions, journal: Journal) {
    this.#journal = journal
    this.#models = [...SIMULATOR_MODELS, ...(options.models ?? []).map(findModel)]
    this.#responder = new Responder({
      script: options.script ?? null,
      apiKey: options.apiKey ?? null,
      validate: options.validate ?? true,
    })
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = new Line(response)
    const { body, isComplete } = await readBody(request)
    const entry = this.#journal.add({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: plainHeaders(request.headers),
      rawHeaders: request.rawHeaders,
      body,
      connection: this.#connection(request.socket),
    })
    let outcome: Outcome = 'aborted'
    try {
      const playback = isComplete ? await line.unlessGone(this.#decide(entry)) : null
      if (playback !== null) outcome = await play(playback, line)
    } finally {
      // Only a script can throw. Its author has to see it, and the client must not wait.
      if (!response.headersSent) response.destroy()
      this.#journal.close(entry, outcome)
    }
  }

  #decide(entry: JournalEntry): Playback | Promise<Playback> {
    if (entry.method === 'HEAD') return HELLO
    const [path = '', query = ''] = entry.path.split('?', 2)
    const listVendor = entry.headers['anthropic-version'] === undefined ? openaiVendor : anthropicVendor
    switch (`${entry.method} ${path}`) {
      case 'POST /v1/messages':
        return this.#responder.answer(anthropicVendor, entry)
      case 'POST /v1/messages/count_tokens':
        return this.#responder.count(anthropicVendor, entry)
      case 'POST /v1/chat/completions':
        return this.#responder.answer(openaiVendor, entry)
      case 'GET /v1/models':
        return this.#list(entry, query, listVendor)
      case 'GET /':
        return ABOUT
      default:
        return this.#model(entry, path, listVendor)
    }
  }

  #list({ headers }: JournalEntry, query: string, vendor: Vendor): Playback {
    const context = plainContext(vendor)
    return (
      this.#responder.refusal(context, headers) ??
      wholePlayback(context, vendor.models(this.#models, new URLSearchParams(query)), 0)
    )
  }

  #model({ method, headers }: JournalEntry, path: string, vendor: Vendor): Playback {
    const context = plainContext(vendor)
    if (method !== 'GET' || !path.startsWith(MODELS_PATH)) {
      return errorPlayback(context, { status: 404, message: `Unknown request URL: ${method} ${path}` })
    }
    const refusal = this.#responder.refusal(context, headers)
    if (refusal !== null) return refusal
    const id = path.slice(MODELS_PATH.length)
    const model = this.#models.find((listed) => encodeURIComponent(listed.id) === id || listed.id === id)
    if (model !== undefined) return wholePlayback(context, vendor.model(model), 0)
    return errorPlayback(context, { status: 404, message: `model: ${id}` })
  }

  #connection(socket: Socket): number {
    const known = this.#connections.get(socket)
    if (known !== undefined) return known
    this.#connections.set(socket, ++this.#connectionCount)
    return this.#connectionCount
  }
}

const MODELS_PATH = '/v1/models/'

const UNPACED = { head: 0, ttft: 0, gap: 0, split: 0 }

/** Any HEAD is answered: clients use it to see whether somebody is there. */
const HELLO: Playback = {
  status: 200,
  headers: { 'x-ucr-simulator': '1' },
  writes: [],
  ending: 'end',
  pace: UNPACED,
  coding: 'identity',
}

const ABOUT: Playback = {
  ...HELLO,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-ucr-simulator': '1' },
  writes: [{ data: describeSimulator(), token: false, after: null }],
}

function plainContext(vendor: Vendor): PlaybackContext {
  return { vendor, settings: DEFAULT_SETTINGS, fault: null, requestId: 'req_sim' }
}

function plainHeaders(headers: IncomingHttpHeaders): Headers {
  const plain: Record<string, string | undefined> = {}
  for (const name in headers) {
    const value = headers[name]
    plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}

interface ReceivedBody {
  readonly body: Buffer
  /** False: the client left while it sent it. */
  readonly isComplete: boolean
}

function readBody(request: IncomingMessage): Promise<ReceivedBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => resolve({ body: Buffer.concat(chunks), isComplete: true }))
    request.once('close', () => resolve({ body: Buffer.concat(chunks), isComplete: false }))
    request.on('error', () => request.destroy())
  })
}
