import type { UpstreamModel } from '../protocols/protocol.ts'
import type { Endpoint, Provider } from '../providers/provider.ts'
import type { Transport } from '../upstream/transport.ts'
import { collect } from './collect.ts'
import type { Protocols } from './dependencies.ts'

/** How long a vendor may take to list its models: a start does not wait for it, a person may. */
const TIMEOUTS = { connect: 5000, firstByte: 10_000, idle: 10_000, total: 20_000 }

export type ModelList =
  | { readonly status: 'listed'; readonly models: readonly UpstreamModel[] }
  /** One clause for people. */
  | { readonly status: 'failed'; readonly why: string }
  /** The vendor has no such operation. */
  | { readonly status: 'unavailable' }

/** Asks a vendor which models it has. */
export async function listVendorModels(
  provider: Provider,
  protocols: Protocols,
  transport: Transport,
): Promise<ModelList> {
  const endpoint = provider.endpoints.find(({ modelsPath }) => modelsPath !== null)
  if (endpoint === undefined) return { status: 'unavailable' }
  let headers: Readonly<Record<string, string>>
  try {
    headers = await listHeaders(provider)
  } catch {
    return { status: 'failed', why: 'its credential is not available' }
  }
  const answer = await collect(
    transport,
    {
      origin: provider.origin,
      method: 'GET',
      path: `${provider.basePath}${pathOf(endpoint)}`,
      headers,
      body: null,
      timeouts: TIMEOUTS,
    },
    null,
  )
  if (answer === null) return { status: 'failed', why: `${provider.origin} does not answer` }
  if (answer.status === 401 || answer.status === 403) return { status: 'failed', why: 'it refuses the key' }
  if (answer.status !== 200) return { status: 'failed', why: `it answered with status ${answer.status}` }
  try {
    return {
      status: 'listed',
      models: protocols[endpoint.protocol].upstream.decodeModelList(answer.body.toString('utf8')),
    }
  } catch {
    return { status: 'failed', why: 'its list of models cannot be read' }
  }
}

function pathOf(endpoint: Endpoint): string {
  return endpoint.modelsPath ?? ''
}

async function listHeaders(provider: Provider): Promise<Record<string, string>> {
  const credential = provider.credential === null ? {} : await provider.credential.headers()
  return {
    ...provider.definition.headers,
    ...provider.headers,
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...credential,
  }
}
