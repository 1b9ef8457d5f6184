import type { Headers } from '../lib/headers.ts'
import type { Transport, UpstreamRequest } from '../upstream/transport.ts'

export interface CollectedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

const MAX_BYTES = 4 * 1024 * 1024

/** One small request and its whole answer; null when none came, or too much. */
export function collect(
  transport: Transport,
  request: UpstreamRequest,
  abort: { onAbort(callback: () => void): void } | null,
): Promise<CollectedAnswer | null> {
  return new Promise((resolve) => {
    let status = 0
    let headers: Headers = {}
    let bytes = 0
    const chunks: Buffer[] = []
    const call = transport.send(request, {
      head(code, fields) {
        status = code
        headers = fields
      },
      data(chunk) {
        bytes += chunk.length
        if (bytes <= MAX_BYTES) chunks.push(chunk)
      },
      end: () => resolve(bytes <= MAX_BYTES ? { status, headers, body: Buffer.concat(chunks) } : null),
      error: () => resolve(null),
    })
    abort?.onAbort(() => {
      call.abort()
      resolve(null)
    })
  })
}
