import type { Post } from '../alerts/destination.ts'
import type { Transport } from '../upstream/transport.ts'

/** Milliseconds. */
const TIMEOUTS = { connect: 5000, firstByte: 10_000, idle: 10_000, total: 10_000 }

/** Posts over the connections that vendors are reached with. What a receiver says beyond its status is not read. */
export function postOver(transport: Transport): Post {
  return (url, headers, body) =>
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
            resolve({ kind: 'answered', status })
            // A connection with an answer on it cannot be used again, and alerts are rare.
            call.abort()
          },
          data: () => {},
          end: () => {},
          error: ({ detail }) => resolve({ kind: 'failed', why: detail }),
        },
      )
    })
}
