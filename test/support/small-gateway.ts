import type { ClientReply, ClientRequest } from '../../src/exchange/client.ts'
import { NO_TRACE } from '../../src/observe/tracer.ts'
import type { AttemptRecord, ExchangeRecord, Observer } from '../../src/observe/observer.ts'
import { PROTOCOL_LIST } from '../../src/protocols/index.ts'
import { Compression } from '../../src/server/compression.ts'
import type { GatewayServer, ServerOptions } from '../../src/server/options.ts'
import { createServer } from '../../src/server/server.ts'
import { DEFAULT_SERVER_SETTINGS } from '../../src/server/settings.ts'
import type { ServerSettings } from '../../src/server/settings.ts'

/** Those of `server.engine`: what holds for one holds for the other. */
export const ENGINES = ['lean', 'node'] as const
export type Engine = (typeof ENGINES)[number]

export type Answer = (request: ClientRequest, reply: ClientReply) => Promise<void> | void

export interface SmallGateway {
  readonly server: GatewayServer
  readonly port: number
  readonly url: string
  /** Requests that got as far as the exchange. */
  readonly requests: readonly ClientRequest[]
  readonly observed: RecordingObserver
}

/** Keeps what was reported. */
export class RecordingObserver implements Observer {
  readonly exchanges: ExchangeRecord[] = []
  readonly attempts: AttemptRecord[] = []
  readonly warnings: string[] = []
  readonly errors: unknown[] = []
  readonly #waiting: (() => void)[] = []

  readonly tracer = NO_TRACE

  exchange(record: ExchangeRecord): void {
    this.exchanges.push(record)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  attemptFailed(record: AttemptRecord): void {
    this.attempts.push(record)
  }

  warn(_requestId: string | null, text: string): void {
    this.warnings.push(text)
  }

  error(_requestId: string | null, _text: string, cause: unknown): void {
    this.errors.push(cause)
  }

  debug(): void {}

  /** The record with this position, once it is there. */
  async recorded(position: number): Promise<ExchangeRecord> {
    for (;;) {
      const record = this.exchanges[position]
      if (record !== undefined) return record
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

/** Answers with what it was asked, as JSON. */
export const echo: Answer = (request, reply) => {
  const { operation, path, query, params, body } = request
  const text = JSON.stringify({ operation, path, query, params, body: body.toString('utf8') })
  reply.head(200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) })
  reply.end(text)
}

const open: (() => Promise<void>)[] = []

/** Closes every gateway that was started since the last call. */
export async function closeGateways(): Promise<void> {
  for (const close of open.splice(0)) await close()
}

/** A server whose exchange does what the test says. */
export async function smallGateway(
  answer: Answer = echo,
  settings: Partial<ServerSettings> = {},
  options: Partial<ServerOptions> = {},
): Promise<SmallGateway> {
  const requests: ClientRequest[] = []
  const observed = new RecordingObserver()
  let ids = 0
  const server = createServer({
    settings: () => ({ ...DEFAULT_SERVER_SETTINGS, ports: [0], ...settings }),
    protocols: PROTOCOL_LIST,
    plainRoutes: [],
    access: {
      checkHost: () => {},
      checkOrigin: () => {},
      corsHeaders: () => ({}),
      authenticate: () => ({ tenant: 'local', keyName: null, grant: null }),
      checkAdmin: () => {},
      permit: () => {},
      admit: () => {},
      failed: () => {},
      received: () => {},
    },
    health: {
      service: 'ucr',
      version: '0.0.0',
      exposed: () => false,
      notReady: () => null,
      deployments: () => [],
      sessions: async () => ({ active: 0, total: 0 }),
      others: async () => [],
      replaced: () => null,
      providers: () => null,
    },
    exchange: async (request, reply) => {
      requests.push(request)
      await answer(request, reply)
    },
    observer: observed,
    compression: new Compression(),
    newId: () => `id${String(++ids).padStart(20, '0')}`,
    ...options,
  })
  const [url = ''] = await server.listen()
  open.push(() => server.close())
  return { server, url, port: Number(new URL(url).port), requests, observed }
}
