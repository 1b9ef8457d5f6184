import type { Poster } from '../alerts/destination.ts'
import type { Transport, UpstreamCall } from '../upstream/transport.ts'

/** Milliseconds. */
export const TIMEOUTS = { connect: 5000, firstByte: 10_000, idle: 10_000, total: 10_000 }

/** Posts over the connections that vendors are reached with. What a receiver says beyond its status is not read. */
export function postOver(transport: Transport): Poster {
  const calls = new Set<UpstreamCall>()
  return {
    post: (url, headers, body) =>
      new Promise((resolve) => {
        const parsed = URL.parse(url)
        if (parsed === null) {
          resolve({ kind: 'failed', why: 'the URL cannot be read' })
          return
        }
        const { origin, pathname, search } = parsed
        const call = transport.send(
          { origin, method: 'POST', path: pathname + search, headers, body, timeouts: TIMEOUTS },
          {
            head: (status) => {
              calls.delete(call)
              resolve({ kind: 'answered', status })
              // Alerts are rare: the connection need not be kept for the next one.
              call.abort()
            },
            data: () => {},
            end: () => {},
            error: ({ detail }) => {
              calls.delete(call)
              resolve({ kind: 'failed', why: detail })
            },
          },
        )
        calls.add(call)
      }),
    close: () => {
      for (const call of calls) call.abort()
      calls.clear()
    },
  }
}
