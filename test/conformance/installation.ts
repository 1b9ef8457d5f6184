import { onTestFinished } from 'vitest'
import { JsonObjectWriter, scanJson } from '../../src/lib/json.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startUpstream } from '../support/upstream.ts'
import type { Upstream, UpstreamScript } from '../support/upstream.ts'
import { VENDOR_KEY } from './harness.ts'
import type { Json } from './harness.ts'

/** The two ways that a request can go to a vendor of its own protocol. */
export const PLANS = ['auto', 'translate'] as const

/** A gateway with any vendors behind it, which can be stopped and started again where it was. */
export interface Installation {
  readonly gateway: TestGateway
  /** A string or bytes go out as they are. */
  readonly post: (path: string, body: Body, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly messages: (body: Body, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly chat: (body: Body, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly countTokens: (body: Body) => Promise<Answer>
  /** Stops the gateway and starts another one in its folder, in which the installation's secret is. */
  readonly restart: (config?: ConfigFile) => Promise<void>
}

type Body = Json | string | Buffer

/** `config` goes on top of: one try for each request. All is closed when the test is over. */
export async function install(config: ConfigFile): Promise<Installation> {
  const folder = temporaryFolder()
  const start = (given: ConfigFile): Promise<TestGateway> =>
    startGateway({ retry: { attempts: 1, budget: 1 }, ...given }, { folder })
  let current = config
  let gateway = await start(config)
  onTestFinished(() => gateway.close())

  const post: Installation['post'] = (path, body, headers = {}) => ask(`${gateway.url}${path}`, { body, headers })
  const version = { 'anthropic-version': '2023-06-01' }
  return {
    get gateway() {
      return gateway
    },
    post,
    get: (path, headers = {}) => ask(`${gateway.url}${path}`, { headers }),
    messages: (body, headers) => post('/v1/messages', body, { ...version, ...headers }),
    chat: (body, headers) => post('/v1/chat/completions', body, headers),
    countTokens: (body) => post('/v1/messages/count_tokens', body, version),
    restart: async (next = current) => {
      await gateway.close()
      current = next
      gateway = await start(current)
    },
  }
}

/** A scripted vendor, closed when the test is over. */
export async function scripted(script: UpstreamScript): Promise<Upstream> {
  const upstream = await startUpstream(script)
  onTestFinished(() => upstream.close())
  return upstream
}

/** A vendor as strict as the real ones, which signs its thinking and checks what comes back. */
export async function simulated(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options)
  onTestFinished(() => simulator.close())
  return simulator
}

type ProviderFile = NonNullable<ConfigFile['providers']>[number]

/** A provider of the config: `id` is also what its models are asked by, `<id>/<model>`. */
export function provider(
  id: string,
  type: string,
  { url }: { readonly url: string },
  models: readonly string[],
  settings: Json = {},
): ProviderFile {
  return { id, type, baseUrl: url, apiKey: VENDOR_KEY, models: [...models], ...settings }
}

/** The vendor's request with this number, decoded; by default the latest. */
export function bodyOf(upstream: Upstream, number = -1): Json {
  const asked = upstream.requests.at(number)
  if (asked === undefined) throw new Error(`the vendor got no request ${number}`)
  return asked.json() as Json
}

/** The literals, as sent, of everything in front of the message with this number: what a prompt cache, and thinking, hang on. */
export function prefixOf(body: Buffer | undefined, messages: number): readonly string[] {
  const root = scanJson((body ?? Buffer.alloc(0)).toString('utf8'))
  const before = (root.get('messages')?.items ?? []).slice(0, messages)
  return [root.get('system')?.raw ?? '', root.get('tools')?.raw ?? '', ...before.map(({ raw }) => raw)]
}

/** The body's members as literals, so that digits, order and escapes count. */
export function literals(body: Buffer | string | undefined): ReadonlyMap<string, string> {
  const root = scanJson((body ?? '').toString())
  return new Map(root.members.map(({ name, value }) => [name, value.raw]))
}

/** The JSON text with one member replaced. */
export function withMember(json: string, name: string, value: string): string {
  const root = scanJson(json)
  const writer = new JsonObjectWriter()
  for (const member of root.members)
    writer.add(member.name, member.name === name ? scanJson(value).raw : member.value.raw)
  return writer.text
}

/** What the reply says is not as it was asked, sorted. */
export function dropped({ headers }: Answer): readonly string[] {
  const field = headers['x-ucr-dropped'] ?? ''
  return field === '' ? [] : field.split(',').sort()
}
