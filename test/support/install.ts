import { onTestFinished } from 'vitest'
import { ask, askOpen } from './ask.ts'
import type { Answer, Json, OpenAnswer } from './ask.ts'
import { startGateway } from './gateway.ts'
import type { ConfigFile, TestGateway, TestGatewayOptions } from './gateway.ts'
import type { Speaker } from './speakers.ts'
import { startUpstream } from './upstream.ts'
import type { Upstream, UpstreamScript } from './upstream.ts'

export type ProviderFile = NonNullable<ConfigFile['providers']>[number]

/** A gateway that is closed when the test is over. */
export async function install(config: ConfigFile, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway(config, options)
  onTestFinished(() => gateway.close())
  return gateway
}

/** A scripted vendor that is closed when the test is over. */
export async function vendorOf(script: UpstreamScript): Promise<Upstream> {
  const upstream = await startUpstream(script)
  onTestFinished(() => upstream.close())
  return upstream
}

/** A provider of the config, for a vendor that speaks this protocol. */
export function provider(
  id: string,
  { type, model }: Speaker,
  url: string,
  more: Partial<ProviderFile> = {},
): ProviderFile {
  return { id, type, baseUrl: url, apiKey: `key-of-${id}-0123456789`, models: [model], ...more }
}

export type AskOptions = Readonly<Record<string, string>>

/** Asks as a client of this protocol does. */
export function generate(
  { url }: TestGateway,
  client: Speaker,
  model: string,
  more: Json = {},
  headers: AskOptions = {},
  onText?: (text: string) => void,
): Promise<Answer> {
  return ask(`${url}${client.path}`, {
    headers: { ...client.headers, ...headers },
    body: client.request(model, more),
    ...(onText !== undefined && { onText }),
  })
}

/** Asks for a stream and reads it step by step. */
export function generateOpen(
  { url }: TestGateway,
  client: Speaker,
  model: string,
  more: Json = {},
  headers: AskOptions = {},
): Promise<OpenAnswer> {
  return askOpen(`${url}${client.path}`, {
    headers: { ...client.headers, ...headers },
    body: client.request(model, { stream: true, ...more }),
  })
}

/** The access line of a request. */
export function recordOf(gateway: TestGateway, requestId: string | undefined): Promise<Json> {
  return gateway.logged((line) => line['msg'] === 'request' && line['requestId'] === requestId)
}

/** The tries of a request that failed, in their order. */
export function failedAttempts({ log }: TestGateway, requestId: string | undefined): readonly Json[] {
  return log.filter((line) => line['msg'] === 'attempt failed' && line['requestId'] === requestId)
}

/** What `POST /v1/route/explain` says of a request. */
export async function explained(
  { url }: TestGateway,
  client: Speaker,
  body: Json,
  headers: AskOptions = {},
): Promise<Json> {
  const answer = await ask(`${url}/v1/route/explain?path=${client.path}`, {
    headers: { ...client.headers, ...headers },
    body,
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json()
}
