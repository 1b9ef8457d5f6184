import type { UpstreamModel } from '../protocols/protocol.ts'
import type { Endpoint, Provider } from '../providers/provider.ts'
import type { Transport, UpstreamRequest } from '../upstream/transport.ts'
import { collect } from './collect.ts'
import type { CollectedAnswer } from './collect.ts'
import type { Protocols } from './dependencies.ts'

/** How long a vendor may take to list its models: a start does not wait for it, a person may. */
const TIMEOUTS = { connect: 5000, firstByte: 10_000, idle: 10_000, total: 20_000 }

/** Ends a call under way. */
export interface Abort {
  onAbort(callback: () => void): void
}

type Limits = UpstreamRequest['timeouts']

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
  const asked = await askForModels(provider, transport, TIMEOUTS)
  if (asked.kind !== 'answered') return asked.list
  const { answer, endpoint } = asked
  if (answer.status !== 200) return { status: 'failed', why: whyRefused(answer.status) }
  try {
    return {
      status: 'listed',
      models: protocols[endpoint.protocol].upstream.decodeModelList(answer.body.toString('utf8')),
    }
  } catch {
    return { status: 'failed', why: 'its list of models cannot be read' }
  }
}

/** Whether a vendor is there and takes the key, by an operation that costs nothing. */
export async function checkVendor(
  provider: Provider,
  transport: Transport,
  milliseconds: number,
  abort: Abort,
): Promise<{ readonly status: 'up' | 'unchecked' } | { readonly status: 'down'; readonly why: string }> {
  const limits = { connect: milliseconds, firstByte: milliseconds, idle: milliseconds, total: milliseconds }
  const asked = await askForModels(provider, transport, limits, abort)
  if (asked.kind === 'none') {
    return asked.list.status === 'unavailable' ? { status: 'unchecked' } : { status: 'down', why: asked.list.why }
  }
  const { status } = asked.answer
  // Whoever answers something else is there: it has no such list, or none for now.
  if (status < 500 && status !== 401 && status !== 403) return { status: 'up' }
  return { status: 'down', why: whyRefused(status) }
}

type Asked =
  | { readonly kind: 'answered'; readonly answer: CollectedAnswer; readonly endpoint: Endpoint }
  | { readonly kind: 'none'; readonly list: Exclude<ModelList, { readonly status: 'listed' }> }

async function askForModels(
  provider: Provider,
  transport: Transport,
  timeouts: Limits,
  abort: Abort | null = null,
): Promise<Asked> {
  const endpoint = provider.endpoints.find(({ modelsPath }) => modelsPath !== null)
  if (endpoint === undefined) return { kind: 'none', list: { status: 'unavailable' } }
  let headers: Readonly<Record<string, string>>
  try {
    headers = await listHeaders(provider)
  } catch {
    return { kind: 'none', list: { status: 'failed', why: 'its credential is not available' } }
  }
  const { origin, basePath } = provider
  const path = `${basePath}${pathOf(endpoint)}`
  const answer = await collect(transport, { origin, method: 'GET', path, headers, body: null, timeouts }, abort)
  if (answer === null) return { kind: 'none', list: { status: 'failed', why: `${origin} does not answer` } }
  return { kind: 'answered', answer, endpoint }
}

function whyRefused(status: number): string {
  return status === 401 || status === 403 ? 'it refuses the key' : `it answered with status ${status}`
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
