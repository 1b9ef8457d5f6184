import { GatewayError } from '../../lib/error.ts'
import { JsonScanError } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'

/** A request that is refused; `at` leads to the field at fault: `messages.3.content`. */
export function invalid(problem: string, ...at: readonly (string | number)[]): GatewayError {
  const param = at.join('.')
  return new GatewayError('invalid_request', `${param}: ${problem}`, { param })
}

/** What a decoder throws for a body that the scanner refused. */
export function bodyError(thrown: unknown): unknown {
  if (!(thrown instanceof JsonScanError)) return thrown
  return new GatewayError('invalid_json', `The request is not acceptable JSON: ${thrown.message}.`, { cause: thrown })
}

export function requireString(node: JsonNode | undefined, ...at: readonly (string | number)[]): string {
  const text = node?.string
  if (text === undefined) throw invalid(node === undefined ? 'is missing' : 'must be a string', ...at)
  return text
}
