import type { DrainResult } from './options.ts'

/** What a shutdown works on. */
export interface Drainable {
  readonly inFlight: number
  /** Requests answered since the start. */
  readonly served: number
  stopListening(): void
  /** Ends every request under way with an error in its protocol. */
  cutShort(): void
  /** Cuts every connection. */
  close(): Promise<void>
  /** Resolves when no request is under way. */
  idle(): Promise<void>
}

export interface DrainLimits {
  /** Milliseconds in which new requests are still taken. */
  readonly grace: number
  /** Milliseconds in which requests may finish. */
  readonly limit: number
}

/** How long clients get to take the error that ends their answer. */
const LAST_WORDS = 1000

/** Runs the shutdown of a server that already answers readiness checks with no. */
export async function drain(server: Drainable, { grace, limit }: DrainLimits): Promise<DrainResult> {
  const before = server.served
  if (grace > 0) await elapsed(grace)
  server.stopListening()
  await atMost(server.idle(), limit)
  const finished = server.served - before
  const cut = server.inFlight
  if (cut > 0) {
    server.cutShort()
    await atMost(server.idle(), LAST_WORDS)
  }
  await server.close()
  return { finished, cut }
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

async function atMost(work: Promise<void>, milliseconds: number): Promise<void> {
  const timer: { current?: NodeJS.Timeout } = {}
  const timeout = new Promise<void>((resolve) => (timer.current = setTimeout(resolve, milliseconds)))
  await Promise.race([work, timeout])
  clearTimeout(timer.current)
}
