import type { ExchangeRecord } from './observer.ts'
import type { Tracer } from './tracer.ts'

/** What can be told of an exchange only when it is over. */
export function traceExchange(record: ExchangeRecord, { on, write }: Tracer): void {
  const { requestId, cache, billed, status, duration, replyBytes, usage } = record
  const { preparation, timeToFirstByte, timeToFirstToken } = record
  if (on.cache && cache !== null) write('cache', requestId, 'looked up', { result: cache, billed, status })
  if (on.performance) {
    write('performance', requestId, 'took', {
      duration: tenths(duration),
      ...times({ preparation, timeToFirstByte, timeToFirstToken }),
      replyBytes,
      outputTokens: usage?.output.total ?? 0,
    })
  }
}

function times(given: Readonly<Record<string, number | null | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, time]) =>
      time === null || time === undefined ? [] : [[name, tenths(time)]],
    ),
  )
}

/** Milliseconds, to one place. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
