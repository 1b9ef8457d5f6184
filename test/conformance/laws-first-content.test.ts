import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isContentEvent } from '../../src/canonical/content-event.ts'
import type { ProtocolId } from '../../src/canonical/protocol-id.ts'
import { answerContext as messagesContext } from '../../src/protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../../src/protocols/index.ts'
import { answerContext as chatContext } from '../../src/protocols/openai-chat/test-support.ts'
import type { StreamDecoder } from '../../src/protocols/protocol.ts'
import { answeredMessage } from '../support/chat-answers.ts'
import { fixturesOf } from '../support/fixtures.ts'
import { answeredBlocks } from '../support/messages-answers.ts'
import { DONE, OPENING, delta, finish, usage } from './chat-vendor.ts'
import { START, STOP, blockDelta, blockStart, blockStop, messageDelta } from './messages-vendor.ts'

/** Whoever measures the time to the first token gets the same one, whichever way a stream takes through the gateway. */

/** The first event behind which there is content; -1 where there is none. */
function firstContent(events: readonly string[], feed: (event: Buffer) => boolean): number {
  return events.findIndex((event) => feed(Buffer.from(event)))
}

function passing(protocol: ProtocolId, events: readonly string[]): number {
  const context = { requestedModel: 'any', includeUsage: true, maxEventBytes: 1024 * 1024 }
  const stream = PROTOCOLS[protocol].passthrough.stream(context)
  return firstContent(events, (event) => {
    stream.feed(event)
    return stream.hasContent
  })
}

function decoded(protocol: ProtocolId, events: readonly string[]): number {
  let hasContent = false
  const sink = (event: Parameters<typeof isContentEvent>[0]): void => void (hasContent ||= isContentEvent(event))
  const decoder: StreamDecoder =
    protocol === 'anthropic-messages'
      ? PROTOCOLS[protocol].upstream.streamDecoder(messagesContext(), sink)
      : PROTOCOLS[protocol].upstream.streamDecoder(chatContext(), sink)
  return firstContent(events, (event) => {
    decoder.feed(event)
    return hasContent
  })
}

const FIXTURES = (['anthropic-messages', 'openai-chat'] as const).flatMap((protocol) =>
  fixturesOf(protocol).map(({ name, stream }) => ({ protocol, name, stream })),
)

describe('the first content of a stream', () => {
  it.each(FIXTURES)('is the same event on both ways: $protocol, $name', ({ protocol, stream }) => {
    const events = stream.toString('utf8').split(/(?<=\n\n)/)
    expect(passing(protocol, events)).toBe(decoded(protocol, events))
  })

  it('is the same event on both ways, of any Messages answer (property)', () => {
    fc.assert(
      fc.property(answeredBlocks, (blocks) => {
        const inner = blocks.flatMap(({ start, deltas }, index) => [
          blockStart(index, start),
          ...deltas.map((each) => blockDelta(index, each)),
          blockStop(index),
        ])
        const events = [START, ...inner, messageDelta({ stop_reason: 'end_turn' }), STOP]
        expect(passing('anthropic-messages', events)).toBe(decoded('anthropic-messages', events))
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it('is the same event on both ways, of any Chat answer (property)', () => {
    fc.assert(
      fc.property(answeredMessage, ({ deltas, finish: reason }) => {
        const events = [OPENING, ...deltas.map((fields) => delta(fields)), finish(reason), usage(), DONE]
        expect(passing('openai-chat', events)).toBe(decoded('openai-chat', events))
      }),
      { numRuns: 100, seed: 1 },
    )
  })
})
