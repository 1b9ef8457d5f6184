import type { Answer, Json } from './ask.ts'
import type { ConfigFile, TestGateway, TestGatewayOptions } from './gateway.ts'
import { generate, install, vendorOf } from './install.ts'
import type { ProviderFile } from './install.ts'
import { SPEAKERS, saying } from './speakers.ts'
import type { Speaker } from './speakers.ts'
import type { Upstream, UpstreamScript } from './upstream.ts'

/** What a client was told about the way of its request, and where it really went. */
export interface Way {
  readonly status: number
  readonly reason: string | undefined
  /** `provider/model`, as the reply says. */
  readonly told: string
  /** `provider/model`, as the vendor saw it; null: no vendor was asked. */
  readonly went: string | null
  readonly warning: string | undefined
  readonly answer: Answer
}

/** Providers behind one upstream that knows them by their keys, and a gateway before them. */
export interface Town {
  readonly gateway: TestGateway
  readonly upstream: Upstream
  route(client: Speaker, model: string, more?: Json, headers?: Readonly<Record<string, string>>): Promise<Way>
}

export type Resident = Partial<Omit<ProviderFile, 'id'>>

/**
 * Each resident is a provider that answers; `misfortune` may do something else for requests to one. One request at a time:
 * the last one that came in counts as the last one's.
 */
export async function foundTown(
  residents: Readonly<Record<string, Resident>>,
  config: ConfigFile = {},
  options: TestGatewayOptions & { readonly misfortune?: (id: string) => UpstreamScript | null } = {},
): Promise<Town> {
  const upstream = await vendorOf(async (asked, reply) => {
    const vendor = asked.path.endsWith('/messages') ? SPEAKERS.messages : SPEAKERS.chat
    const script = options.misfortune?.(residentOf(asked)) ?? saying(vendor, 'Hello')
    await script(asked, reply)
  })
  const providers = Object.entries(residents).map(([id, resident]): ProviderFile => ({
    id,
    apiKey: keyOf(id),
    baseUrl: upstream.url,
    models: [],
    ...resident,
  }))
  const gateway = await install({ providers, ...config }, options)
  return {
    gateway,
    upstream,
    async route(client, model, more = {}, headers = {}) {
      const before = upstream.requests.length
      const answer = await generate(gateway, client, model, more, headers)
      const asked = upstream.requests.slice(before).at(-1)
      const { status } = answer
      return {
        status,
        reason: answer.headers['x-ucr-reason'],
        told: `${answer.headers['x-ucr-provider']}/${answer.headers['x-ucr-model']}`,
        went: asked === undefined ? null : `${residentOf(asked)}/${String((asked.json() as Json)['model'])}`,
        warning: answer.headers['x-ucr-warning'],
        answer,
      }
    },
  }
}

const keyOf = (id: string): string => `key-of-${id}`

function residentOf({ headers }: { readonly headers: Readonly<Record<string, string>> }): string {
  const key = headers['x-api-key'] ?? headers['authorization']?.replace('Bearer ', '') ?? ''
  return key.replace('key-of-', '')
}
