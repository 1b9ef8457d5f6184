import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failedAttempts, generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import { PAIRS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { UpstreamScript } from '../support/upstream.ts'

/** How a provider can be dead. */
interface Death {
  readonly name: string
  /** Tries at it before the next provider is asked. */
  readonly tries: number
  readonly errorCode: string
  /** What the log calls it where a stream was asked for, if that is something else. */
  readonly streamErrorCode?: string
  readonly url: (vendor: Speaker) => Promise<string>
  readonly settings?: Partial<ProviderFile>
  /** Only streams can die of it. */
  readonly streamOnly?: boolean
}

/** A port on which nobody listens any more. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}

/** A server that says one thing to whoever connects. */
async function blurting(bytes: string): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write(bytes)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const scripted =
  (script: (vendor: Speaker) => UpstreamScript) =>
  async (vendor: Speaker): Promise<string> =>
    (await vendorOf(script(vendor))).url

const failing =
  (status: number, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  (vendor: Speaker): UpstreamScript =>
  (_asked, reply) =>
    reply.answer(status, JSON.stringify(vendor.error('The vendor says no.', more)), headers)

const page: UpstreamScript = (_asked, reply) =>
  reply.answer(502, '<html><h1>Bad gateway</h1></html>', { 'content-type': 'text/html' })

const DEATHS: readonly Death[] = [
  {
    name: 'nobody listens',
    tries: 1,
    errorCode: 'upstream_unreachable',
    url: async () => `http://${await closedPort()}`,
  },
  {
    name: 'a name that does not exist',
    tries: 1,
    errorCode: 'upstream_unreachable',
    url: async () => `http://${'x'.repeat(64)}.invalid`,
  },
  {
    name: 'no TLS where TLS should be',
    tries: 1,
    errorCode: 'upstream_unreachable',
    url: async () => `https://${await blurting('SSH-2.0-OpenSSH_9.2\r\n')}`,
  },
  {
    name: 'something that is not HTTP',
    tries: 2,
    errorCode: 'upstream_invalid_response',
    url: scripted(() => (_asked, reply) => reply.write('220 mail.example ESMTP\r\n')),
  },
  {
    name: 'a reset in the middle of the head',
    tries: 2,
    errorCode: 'upstream_unreachable',
    url: scripted(() => async (_asked, reply) => {
      await reply.write('HTTP/1.1 200 OK\r\ncontent-ty')
      reply.reset()
    }),
  },
  {
    name: 'a page with status 502',
    tries: 2,
    errorCode: 'upstream_failed',
    url: scripted(() => page),
  },
  { name: 'status 500', tries: 2, errorCode: 'upstream_failed', url: scripted(failing(500)) },
  { name: 'status 529', tries: 2, errorCode: 'upstream_overloaded', url: scripted(failing(529)) },
  { name: 'status 503', tries: 2, errorCode: 'upstream_overloaded', url: scripted(failing(503)) },
  {
    name: 'status 429',
    tries: 1,
    errorCode: 'upstream_rate_limited',
    url: scripted(failing(429, {}, { 'retry-after': '30' })),
  },
  { name: 'a key that is refused', tries: 1, errorCode: 'upstream_unauthorized', url: scripted(failing(401)) },
  { name: 'an account without rights', tries: 1, errorCode: 'upstream_forbidden', url: scripted(failing(403)) },
  { name: 'an account that must be paid', tries: 1, errorCode: 'upstream_billing', url: scripted(failing(402)) },
  { name: 'a model that it does not have', tries: 1, errorCode: 'upstream_not_found', url: scripted(failing(404)) },
  {
    name: 'silence',
    tries: 1,
    errorCode: 'upstream_timeout',
    url: scripted(() => () => {}),
    settings: { timeouts: { firstByte: '80ms', wholeAnswer: '80ms' } },
  },
  {
    name: 'an error as the first event',
    tries: 2,
    errorCode: 'upstream_overloaded',
    streamOnly: true,
    url: scripted((vendor) => async (_asked, reply) => {
      await reply.streamHead()
      await reply.chunk(vendor.errorEvent('Overloaded'))
      await reply.lastChunk()
    }),
  },
  {
    name: 'a stream that ends before its first event',
    tries: 2,
    errorCode: 'upstream_truncated',
    streamOnly: true,
    url: scripted(() => async (_asked, reply) => {
      await reply.streamHead()
      await reply.lastChunk()
    }),
  },
  {
    name: 'the page of a captive portal',
    tries: 2,
    errorCode: 'upstream_invalid_response',
    streamErrorCode: 'upstream_failed',
    url: scripted(() => (_asked, reply) => reply.answer(200, '<html>Log in</html>', { 'content-type': 'text/html' })),
  },
  {
    name: 'a redirect',
    tries: 2,
    errorCode: 'upstream_invalid_response',
    url: scripted(() => (_asked, reply) => reply.answer(302, '', { location: 'http://127.0.0.1:9/' })),
  },
]

/** Both clients with both vendors, whole and streamed. */
const COMBINATIONS = PAIRS.flatMap((pair) => [false, true].map((stream) => ({ ...pair, stream })))

type Combination = (typeof COMBINATIONS)[number]

async function survives(death: Death, { client, vendor, stream }: Combination): Promise<void> {
  const label = `${client.type} client, dead ${vendor.type} vendor, ${stream ? 'streamed' : 'whole'}`
  const second = await vendorOf(saying(client, 'Still here.'))
  const gateway = await install({
    providers: [
      provider('first', vendor, await death.url(vendor), death.settings),
      provider('second', client, second.url),
    ],
    models: { any: [`first/${vendor.model}`, `second/${client.model}`] },
  })
  const answer = await generate(gateway, client, 'any', { stream })
  expect(answer.status, `${label}: ${answer.text}`).toBe(200)
  expect(client.wordsOf(answer), label).toBe('Still here.')
  expect(answer.headers, label).toMatchObject({
    'x-ucr-provider': 'second',
    'x-ucr-model': client.model,
    'x-ucr-reason': 'alias:any',
    'x-ucr-attempts': String(death.tries + 1),
  })
  expect(second.requests, label).toHaveLength(1)
  expect(await recordOf(gateway, answer.headers['request-id']), label).toMatchObject({
    status: 'complete',
    httpStatus: 200,
    errorCode: null,
    provider: 'second',
    attempts: death.tries + 1,
    stream,
  })
  const failures = failedAttempts(gateway, answer.headers['request-id'])
  const code = (stream ? death.streamErrorCode : undefined) ?? death.errorCode
  expect(
    failures.map(({ errorCode, willRetry }) => [errorCode, willRetry]),
    label,
  ).toEqual(Array.from({ length: death.tries }, (_, at) => [code, at < death.tries - 1]))
}

describe('a dead first provider is invisible to the client:', () => {
  it.each(DEATHS)('$name', async (death) => {
    const combinations = COMBINATIONS.filter(({ stream }) => stream || death.streamOnly !== true)
    await Promise.all(combinations.map((combination) => survives(death, combination)))
  })
})
