import type { StoredAnswer } from '../cache/response-cache.ts'
import { isContentEvent } from '../canonical/content-event.ts'
import { LossList } from '../canonical/loss.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import { unfoldResponse } from '../canonical/unfold.ts'
import { GatewayError } from '../lib/error.ts'
import { ANTHROPIC_MESSAGES_DIALECT, OPENAI_CHAT_DIALECT } from '../protocols/dialect.ts'
import type { Dialects } from '../protocols/dialect.ts'
import type { Sealer } from '../protocols/protocol.ts'
import type { Protocols } from './dependencies.ts'
import { storedStreamHeaders } from './reply-headers.ts'

/** In which an answer is read that went to a client. */
const DIALECTS: Dialects = {
  'anthropic-messages': ANTHROPIC_MESSAGES_DIALECT,
  'openai-chat': OPENAI_CHAT_DIALECT,
}

/** What of an exchange's dependencies reading an answer takes. */
export interface AnswerReaders<P extends ProtocolId = ProtocolId> {
  readonly protocols: Pick<Protocols, P>
  readonly settings: { readonly maxEventBytes: number }
}

/** Answers with seals are not replayed, so nobody asks it for anything. */
const NO_SEALS: Sealer = {
  close: () => '',
  open: () => 'foreign',
}

/**
 * A kept answer as the stream that a vendor might have sent, in the client's protocol; null where a stream cannot say all
 * of it.
 */
export function storedStream(
  answer: StoredAnswer,
  protocol: ProtocolId,
  includeUsage: boolean,
  deps: AnswerReaders,
): StoredAnswer | null {
  const response = readAnswer(answer, protocol, deps)
  const events = response === null ? null : unfoldResponse(response)
  if (response === null || events === null) return null
  const losses = new LossList()
  const encoder = deps.protocols[protocol].client.streamEncoder({
    id: answer.id,
    model: answer.requestedModel,
    created: answer.created,
    includeUsage,
    estimatedInputTokens: response.usage?.input.total ?? 0,
    requestExt: null,
    sealer: NO_SEALS,
    losses,
  })
  const text = events.map((event) => encoder.encode(event)).join('')
  if (losses.size > 0) return null
  const body = Buffer.from(text)
  return {
    ...answer,
    body,
    headers: storedStreamHeaders(answer.headers, body.length),
    streamsContent: events.some(isContentEvent),
  }
}

/** What an answer in the client's protocol says; null where it cannot be read. */
export function readAnswer<P extends ProtocolId>(
  { body, deployment }: Pick<StoredAnswer, 'body' | 'deployment'>,
  protocol: P,
  deps: AnswerReaders<P>,
): CanonicalResponse | null {
  try {
    return deps.protocols[protocol].upstream.decodeResponse(body.toString('utf8'), {
      provider: deployment.provider.definition.type,
      model: deployment.model,
      dialect: DIALECTS[protocol],
      toolNames: new Map(),
      outputTool: null,
      stop: [],
      maxEventBytes: deps.settings.maxEventBytes,
    })
  } catch (thrown) {
    if (thrown instanceof GatewayError) return null
    throw thrown
  }
}
