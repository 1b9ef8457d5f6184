import type { RequestLine, RequestList } from '../../../src/observe/overview.ts'

/** The newest requests, the newest first, and where the next question goes on. */
export interface RequestWindow {
  readonly lines: readonly RequestLine[]
  readonly cursor: string
}

/** More than anybody reads, and little enough for a table. */
export const MOST_LINES = 500

/** What came since `before` goes to the front; what no longer fits falls off the end. A line that came twice stays once. */
export function extended(before: RequestWindow | null, { data, cursor }: RequestList): RequestWindow {
  if (before === null || data.length === 0) return { lines: before?.lines ?? data, cursor }
  const known = new Set(data.map(({ requestId }) => requestId))
  const older = before.lines.filter(({ requestId }) => !known.has(requestId))
  return { lines: [...data, ...older].slice(0, MOST_LINES), cursor }
}
