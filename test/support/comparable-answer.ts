import type { Answer } from './ask.ts'

/** All that a client sees of an answer, but for its time and the name of the request. */
export function comparableAnswer({ status, headers, text }: Answer): object {
  const id = headers['request-id'] ?? headers['x-request-id'] ?? ''
  const timeless = Object.entries(headers).filter(([name]) => name !== 'date')
  return JSON.parse(JSON.stringify({ status, headers: timeless, text }).replaceAll(id, 'ID')) as object
}
