import { describe, expect, it } from 'vitest'
import { anthropicMessages } from './index.ts'
import {
  answerContext,
  eventsOf,
  MESSAGE_START,
  MESSAGE_STOP,
  messageDelta,
  replyContext,
  sse,
} from './test-support.ts'

describe('anthropicMessages', () => {
  it('pings with an event that decoders pass over', () => {
    expect(anthropicMessages.client.ping).toBe('event: ping\ndata: {"type": "ping"}\n\n')
    const ping = Buffer.from(anthropicMessages.client.ping)
    const answer = [sse(MESSAGE_START), sse(messageDelta('end_turn'), MESSAGE_STOP)] as const
    expect(eventsOf([answer[0], ping, answer[1]])).toEqual(eventsOf(answer))
  })

  it('makes a new machine for every stream', () => {
    const { client, upstream, passthrough } = anthropicMessages
    expect(client.streamEncoder(replyContext())).not.toBe(client.streamEncoder(replyContext()))
    expect(upstream.streamDecoder(answerContext(), () => {})).not.toBe(
      upstream.streamDecoder(answerContext(), () => {}),
    )
    const context = { requestedModel: 'm', includeUsage: true, maxEventBytes: 10 }
    expect(passthrough.stream(context)).not.toBe(passthrough.stream(context))
  })
})
