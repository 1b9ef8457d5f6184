import { GatewayError } from '../lib/error.ts'
import { JsonScanError, scanJsonBytes } from '../lib/json.ts'
import type { JsonNode } from '../lib/json.ts'
import type { PlainRequest } from './plain-route.ts'

/** Throws GatewayError where it is no JSON object. */
export function bodyOf({ body }: Pick<PlainRequest, 'body'>): JsonNode {
  let root: JsonNode
  try {
    root = scanJsonBytes(body)
    root.index()
  } catch (thrown) {
    if (thrown instanceof JsonScanError)
      throw new GatewayError('invalid_json', `The body is not JSON: ${thrown.message}.`)
    throw thrown
  }
  if (root.kind !== 'object') throw invalid('body', 'must be an object')
  return root
}

export function invalid(param: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${why}.`, { param })
}
