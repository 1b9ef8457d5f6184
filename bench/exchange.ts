import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCAL } from '../src/admission/authenticate.ts'
import { ProviderSet } from '../src/composition/provider-set.ts'
import { Caches } from '../src/cache/caches.ts'
import { Coalescer } from '../src/cache/coalescer.ts'
import { buildSnapshot, sealKeysFrom } from '../src/composition/snapshot.ts'
import { loadConfig } from '../src/config/load.ts'
import type { ClientReply, ClientRequest } from '../src/exchange/client.ts'
import type { JoinableCall } from '../src/exchange/joinable-call.ts'
import { PlanCounter } from '../src/exchange/plan-counter.ts'
import { serve } from '../src/exchange/serve.ts'
import { TokenCounter } from '../src/models/tokens.ts'
import { createLog } from '../src/observe/log.ts'
import { PROTOCOLS } from '../src/protocols/index.ts'
import { HealthRegistry } from '../src/routing/health.ts'
import { RetryBudget } from '../src/routing/retry-budget.ts'
import { Sessions } from '../src/sessions/sessions.ts'
import { MemorySessionStore } from '../src/store/memory/session-store.ts'
import type { HttpTransport } from '../src/upstream/http.ts'
import type { UpstreamCall, UpstreamHandler } from '../src/upstream/transport.ts'
import { answers } from './answers.ts'
import { measure } from './measure.ts'
import { scenarios } from './scenarios.ts'

/**
 * What one exchange costs without any socket: from the request's bytes to the answer's and the access line, with a reply
 * that throws bytes away and a vendor that answers at once. CPU microseconds per request. Arguments: ids of scenarios.
 */
interface Row {
  readonly work: string
  readonly microseconds: number
}

const CONFIG = {
  auth: { keys: [{ name: 'bench', key: 'bench-key-0123456789' }] },
  providers: [
    { id: 'claude', type: 'anthropic', apiKey: 'sk-ant-bench-0123456789', models: ['claude-sonnet-5'] },
    { id: 'gpt', type: 'openai', apiKey: 'sk-bench-0123456789', models: ['gpt-5.5'] },
  ],
  models: { same: 'claude/claude-sonnet-5', cross: 'gpt/gpt-5.5' },
}

const CALL: UpstreamCall = { pause: () => {}, resume: () => {}, abort: () => {} }

/** Answers in the same turn, as bytes that have waited in the kernel would. */
const transport: HttpTransport = {
  send(request, handler) {
    const { headers, body } = vendorAnswer(request.path, request.headers['accept'] === 'text/event-stream')
    queueMicrotask(() => deliver(handler, headers, body))
    return CALL
  },
  close: async () => {},
  stats: () => [],
  dnsStats: () => ({ size: 0, hits: 0, misses: 0, stale: 0, errors: 0 }),
}

function deliver(handler: UpstreamHandler, headers: Readonly<Record<string, string>>, body: Buffer): void {
  handler.head(200, headers)
  handler.data(body)
  handler.end()
}

const known = new Map<string, { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }>()

function vendorAnswer(path: string, stream: boolean): { headers: Readonly<Record<string, string>>; body: Buffer } {
  const key = `${path} ${stream}`
  let answer = known.get(key)
  if (answer === undefined) {
    const headers = { 'content-type': stream ? 'text/event-stream' : 'application/json' }
    answer = { headers, body: answers.body(path, stream) }
    known.set(key, answer)
  }
  return answer
}

/** Takes everything; resolves when the answer is complete. */
class Sink implements ClientReply {
  committed = false
  closed = false
  readonly cutBy = null
  bytes = 0
  status = 0

  head(status: number): void {
    this.committed = true
    this.status = status
  }

  write(chunk: Buffer | string): boolean {
    this.bytes += chunk.length
    return true
  }

  end(chunk?: Buffer | string): void {
    this.closed = true
    this.bytes += chunk?.length ?? 0
  }

  destroy(): void {
    this.closed = true
  }

  onDrain(): void {}
  onAbort(): void {}
}

const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
const path = join(folder, 'ucr.config.json')
writeFileSync(path, JSON.stringify(CONFIG), { mode: 0o600 })
const loaded = await loadConfig({ path, environment: {}, cwd: folder, home: folder, flags: {} })
rmSync(folder, { recursive: true })
const log = createLog({ level: 'info', pretty: false, file: null, destination: { write: () => {} } })
const now = (): number => performance.now()
const calls = new Coalescer<JoinableCall>()
const snapshot = buildSnapshot(
  loaded.config,
  await new ProviderSet({ environment: {}, home: '', transport, log, ask: false }).configure(loaded),
  new Map(),
  ['127.0.0.1'],
  {
    transport,
    health: new HealthRegistry(loaded.config.routing.breaker, now),
    retryBudget: new RetryBudget(now, loaded.config.retry.budget),
    observer: log,
    tokenCounter: new TokenCounter(),
    sealKeys: sealKeysFrom(Buffer.alloc(32)),
    caches: new Caches({ settings: loaded.config.cache, secret: Buffer.alloc(32), calls, now }),
    calls,
    plans: new PlanCounter(),
    reasoning: null,
    sessions: new Sessions({
      store: new MemorySessionStore(),
      settings: loaded.config.sessions,
      holder: 'bench',
      now: () => Date.now(),
      memoryShare: () => 0,
      failed: () => {},
    }),
  },
)

const route = PROTOCOLS['anthropic-messages'].routes.find(({ operation }) => operation === 'generate')
if (route === undefined) throw new Error('Anthropic Messages has no way to generate')
const headers = {
  host: '127.0.0.1:3000',
  'content-type': 'application/json',
  'x-api-key': 'bench-key-0123456789',
  'anthropic-version': '2023-06-01',
  'user-agent': 'bench',
  accept: 'application/json',
}

const rows: Row[] = []
const wanted = process.argv.slice(2)
const whole = scenarios.filter(({ id, events }) => events === null && (wanted.length === 0 || wanted.includes(id)))
for (const { id, title, kind, body } of whole) {
  const pair = kind === 'same' ? 'Anthropic to Anthropic' : 'Anthropic to OpenAI'
  await addRow(`${pair}: ${title}`, id, Buffer.from(body(kind, 1)))
}
for (const { id, title, kind, body } of whole) {
  if (kind !== 'same' || title.startsWith('stream')) continue
  const cold = { ...(JSON.parse(body(kind, 1)) as Record<string, unknown>), temperature: 0 }
  await addRow(`Answered from the cache: ${title}`, id, Buffer.from(JSON.stringify(cold)))
}

async function addRow(work: string, id: string, bytes: Buffer): Promise<void> {
  const ask = async (): Promise<Sink> => {
    const reply = new Sink()
    await serve(clientRequest(bytes), reply, snapshot.exchange)
    return reply
  }
  const { status, bytes: length } = await ask()
  if (status !== 200 || length === 0) throw new Error(`${id}: status ${status}`)
  const microseconds = await measure(ask)
  rows.push({ work, microseconds })
  process.stdout.write(`${work}: ${microseconds.toFixed(1)} us\n`)
}

mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
writeFileSync(
  join(import.meta.dirname, 'results', 'exchange.json'),
  `${JSON.stringify({ node: process.version, rows }, null, 1)}\n`,
)

function clientRequest(body: Buffer): ClientRequest {
  if (route === undefined) throw new Error('no route')
  return {
    id: '0123456789abcdef0123456789abcdef',
    protocol: 'anthropic-messages',
    operation: 'generate',
    route,
    path: '/v1/messages',
    query: '',
    params: {},
    headers,
    body,
    principal: LOCAL,
  }
}
