import { LossList } from '../canonical/loss.ts'
import { scanJson } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import type { Sealer } from '../protocols/protocol.ts'
import type { ReadMessages } from '../server/session-routes.ts'

/** Messages as they stand in a request of Chat Completions. Throws GatewayError `invalid_request`. */
export function readSessionMessages(list: JsonText, sealer: Sealer): ReadMessages {
  const root = scanJson(`{"model":"any","messages":${list}}`)
  const { instructions, messages } = PROTOCOLS['openai-chat'].client.decodeRequest(root, {
    sealer,
    headers: {},
    losses: new LossList(),
  })
  return { instructions, messages }
}
