import type { ClientRequest, Principal } from '../exchange/client.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Protocol } from '../protocols/protocol.ts'

export interface ExplainInput {
  /** `/v1/messages`, `/v1/chat/completions`: decides the protocol. */
  readonly path: string
  readonly headers: Headers
  readonly body: Buffer
}

/** The request that a dry run is about, as the server would hand it over. Throws GatewayError `invalid_request`. */
export function explainRequest(
  protocols: readonly Protocol[],
  { path, headers, body }: ExplainInput,
  principal: Principal,
  id: string,
): ClientRequest {
  for (const protocol of protocols) {
    const route = protocol.routes.find((candidate) => candidate.operation === 'generate' && candidate.path === path)
    if (route === undefined) continue
    const { operation } = route
    return { id, protocol: protocol.id, operation, route, path, query: '', params: {}, headers, body, principal }
  }
  const paths = protocols.flatMap(({ routes }) => routes.filter(({ operation }) => operation === 'generate'))
  const known = paths.map((route) => route.path).join(', ')
  throw new GatewayError('invalid_request', `No request can be explained for the path ${path}. Known: ${known}.`, {
    param: 'path',
  })
}
