import { collect } from '../exchange/collect.ts'
import type { Transport } from '../upstream/transport.ts'

export interface FetchedText {
  readonly status: number
  readonly body: string
}

/** One small page, over the connections that vendors are reached with. Redirects are not followed. */
export type FetchText = (url: string, headers: Readonly<Record<string, string>>) => Promise<FetchedText>

/** Milliseconds. */
const TIMEOUTS = { connect: 10_000, firstByte: 20_000, idle: 20_000, total: 30_000 }

/** Rejects where nothing answers. */
export function fetchTextOver(transport: Transport): FetchText {
  return async (url, headers) => {
    const { origin, pathname, search } = new URL(url)
    const request = { origin, method: 'GET', path: pathname + search, headers, body: null, timeouts: TIMEOUTS } as const
    const answer = await collect(transport, request, null)
    if (answer === null) throw new Error(`${origin} does not answer`)
    return { status: answer.status, body: answer.body.toString('utf8') }
  }
}
