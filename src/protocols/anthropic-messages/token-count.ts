import { GatewayError } from '../../lib/error.ts'
import { JsonObjectWriter, scanJson } from '../../lib/json.ts'
import { numberLiteral, readingAnswer } from './wire.ts'

export function encodeTokenCount(inputTokens: number): string {
  return new JsonObjectWriter().add('input_tokens', numberLiteral(inputTokens)).text
}

export function decodeTokenCount(body: string): number {
  const count = readingAnswer(() => scanJson(body).get('input_tokens')?.number)
  if (count === undefined) throw new GatewayError('upstream_invalid_response', 'The upstream sent no token count.')
  return count
}
