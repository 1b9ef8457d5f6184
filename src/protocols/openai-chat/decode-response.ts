import type { Part, ToolCallPart } from '../../canonical/content.ts'
import { ResponseFold } from '../../canonical/fold.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../lib/error.ts'
import { decodeJsonString, scanJson } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { AnswerAssembler } from './answer-assembler.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { completeJson } from './partial-json.ts'

/** A whole answer. It goes through the same steps as a stream, and is folded, so that both say the same. */
export function decodeResponse(body: string, context: AnswerContext<'openai-chat'>): CanonicalResponse {
  const fold = new ResponseFold()
  try {
    const root = scanJson(body)
    const error = root.get('error')
    if (error !== undefined && !error.isNull) throw errorInAnswer(root)
    const answer = new AnswerAssembler(context, (event) => fold.add(event))
    answer.whole(root)
    answer.finish(true)
    const response = fold.response()
    return { ...response, parts: response.parts.map((part) => withInput(part, response)) }
  } catch (thrown) {
    throw answerError(thrown)
  }
}

/**
 * A client that gets a whole answer cannot see that arguments broke off. Cut by the length limit they are completed as far
 * as they go, and the finish reason tells; otherwise the answer is not usable, and trying again is better than a guess.
 */
function withInput(part: Part, response: CanonicalResponse): Part {
  if (part.kind !== 'tool-call' || !part.invalid) return part
  const cut = response.finish.reason === 'length' || response.finish.reason === 'context-window'
  const input = cut ? completeJson(decodeJsonString(part.input)) : null
  if (input === null) {
    throw new GatewayError('upstream_invalid_response', 'The upstream called a tool with arguments that are not JSON.')
  }
  return { ...part, input, invalid: false } satisfies ToolCallPart
}
