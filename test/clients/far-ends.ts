import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startGateway } from '../support/gateway.ts'
import type { TestGateway } from '../support/gateway.ts'

/** A model on each kind of upstream, under the names that clients ask for. */
export const UPSTREAMS = [
  { protocol: 'anthropic-messages', model: 'claude-sonnet-5' },
  { protocol: 'openai-chat', model: 'gpt-5.5' },
] as const

export type Upstream = (typeof UPSTREAMS)[number]

export interface Bench {
  readonly simulator: Simulator
  readonly gateway: TestGateway
  close(): Promise<void>
}

/** A gateway with keys, in front of a far end that speaks both protocols strictly. */
export const CLIENT_KEY = 'ucr_test_client_key_0123456789'

export async function startBench(): Promise<Bench> {
  const simulator = await startSimulator({ apiKey: 'far-end-key' })
  const gateway = await startGateway({
    auth: { keys: [{ name: 'client', key: CLIENT_KEY }] },
    providers: [
      {
        id: 'anthropic',
        type: 'anthropic',
        baseUrl: simulator.url,
        apiKey: 'far-end-key',
        models: ['claude-sonnet-5', 'claude-haiku-4-5'],
      },
      { id: 'openai', type: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'far-end-key', models: ['gpt-5.5'] },
    ],
  })
  return {
    simulator,
    gateway,
    close: async () => {
      await gateway.close()
      await simulator.close()
    },
  }
}

/** What the far end got, decoded, generation requests only. */
export function generations(simulator: Simulator): { path: string; body: Record<string, unknown> }[] {
  return simulator.requests
    .filter(({ method, path }) => method === 'POST' && !path.includes('count_tokens'))
    .map(({ path, body }) => ({ path, body: JSON.parse(body.toString('utf8')) as Record<string, unknown> }))
}
