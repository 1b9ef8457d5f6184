import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answeredMessage } from '../../test/support/chat-answers.ts'
import { answeredBlocks } from '../../test/support/messages-answers.ts'
import type { Event } from '../canonical/event.ts'
import { foldEvents } from '../canonical/fold.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { StoredAnswer } from '../cache/response-cache.ts'
import { scanJson } from '../lib/json.ts'
import { answerContext as messagesContext } from '../protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import { answerContext as chatContext } from '../protocols/openai-chat/test-support.ts'
import { testDeployment } from '../../test/support/routing.ts'
import { readAnswer, storedStream } from './replay-stream.ts'

const DEPS = { protocols: PROTOCOLS, settings: { maxEventBytes: 1024 * 1024 } }
const USAGE = { messages: { input_tokens: 3, output_tokens: 5 }, chat: { prompt_tokens: 3, completion_tokens: 5 } }

function stored(body: unknown): StoredAnswer {
  return {
    body: Buffer.from(JSON.stringify(body)),
    headers: { 'content-type': 'application/json', 'content-length': '1', 'x-ucr-cache': 'hit' },
    streamsContent: false,
    tenant: 'local',
    requestedModel: 'asked-for',
    deployment: testDeployment('far', 'm'),
    plan: 'passthrough',
    reason: 'model:far/m',
    losses: [],
    usage: null,
    id: 'abc',
    created: 1,
  }
}

function message(content: unknown): StoredAnswer {
  return stored({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: USAGE.messages,
  })
}

function completion(said: unknown, finish = 'stop'): StoredAnswer {
  return stored({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: said, finish_reason: finish }],
    usage: USAGE.chat,
  })
}

/** What a client of the protocol understands of the stream. */
function understood(stream: StoredAnswer, protocol: ProtocolId): CanonicalResponse {
  const events: Event[] = []
  const sink = (event: Event): void => void events.push(event)
  const decoder =
    protocol === 'openai-chat'
      ? PROTOCOLS[protocol].upstream.streamDecoder(chatContext(), sink)
      : PROTOCOLS[protocol].upstream.streamDecoder(messagesContext(), sink)
  decoder.feed(stream.body)
  decoder.end()
  return foldEvents(events)
}

/** Apart from how strings are spelled, and from what names the answer. */
function meaning({ parts, finish, usage }: CanonicalResponse): unknown {
  return {
    parts: parts.map((part) =>
      part.kind === 'text' || part.kind === 'reasoning'
        ? { kind: part.kind, text: scanJson(part.text).string }
        : part.kind === 'tool-call'
          ? { kind: part.kind, name: part.name, input: JSON.parse(part.input) as unknown }
          : part,
    ),
    reason: finish.reason,
    tokens: [usage?.input.total, usage?.output.total],
  }
}

function expectSame(answer: StoredAnswer, protocol: ProtocolId): void {
  const whole = readAnswer(answer, protocol, DEPS)
  const stream = storedStream(answer, protocol, true, DEPS)
  if (stream === null || whole === null) return
  expect(meaning(understood(stream, protocol))).toEqual(meaning(whole))
}

describe('storedStream()', () => {
  it('says whether there is something to read in it', () => {
    const hasContent = (...content: readonly unknown[]): boolean | undefined =>
      storedStream(message(content), 'anthropic-messages', true, DEPS)?.streamsContent
    expect(hasContent({ type: 'text', text: 'a' })).toBe(true)
    expect(hasContent({ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} })).toBe(true)
    expect(hasContent({ type: 'text', text: '' })).toBe(false)
    expect(hasContent()).toBe(false)
  })

  it('says what the whole Messages answer says (property)', () => {
    fc.assert(
      fc.property(answeredBlocks, (blocks) =>
        expectSame(message(blocks.map(({ whole }) => whole).filter(({ text }) => text !== '')), 'anthropic-messages'),
      ),
    )
  })

  it('says what the whole Chat answer says (property)', () => {
    // As they are kept: ended by the model itself, and speaking of calls only where there are some.
    const kept = answeredMessage.filter(
      ({ message: said, finish }) => finish === ('tool_calls' in said ? 'tool_calls' : 'stop'),
    )
    fc.assert(
      fc.property(kept, ({ message: said, finish }) => {
        expectSame(completion(said, finish), 'openai-chat')
      }),
    )
  })

  it('is there for plain words, as one body of known length', () => {
    const answers = [
      [message([{ type: 'text', text: 'Hello' }]), 'anthropic-messages'],
      [completion({ role: 'assistant', content: 'Hello' }), 'openai-chat'],
    ] as const
    for (const [answer, protocol] of answers) {
      const stream = storedStream(answer, protocol, true, DEPS)
      expect(stream?.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'content-length': String(stream?.body.length),
        'x-ucr-cache': 'hit',
      })
      expect(stream?.body.toString()).toContain('asked-for')
    }
  })

  it('says what a Chat vendor said beside the words', () => {
    const annotations = [{ type: 'file', file: { hash: 'h' } }]
    const said = { role: 'assistant', content: 'Hello', audio: { id: 'a' }, annotations }
    const choice = { index: 0, message: said, finish_reason: 'stop', content_filter_results: { hate: 'safe' } }
    const answer = {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [choice],
      service_tier: 'flex',
    }
    const stream = storedStream(stored(answer), 'openai-chat', true, DEPS)?.body.toString() ?? ''
    for (const words of ['"audio":{"id":"a"}', '"hash":"h"', '"hate":"safe"', '"service_tier":"flex"'])
      expect(stream).toContain(words)
  })

  it('is not there for what a stream of it could not say', () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: 'sig' }
    const future = { type: 'future_block', data: 1 }
    for (const block of [thinking, future]) {
      expect(storedStream(message([block]), 'anthropic-messages', true, DEPS)).toBeNull()
    }
  })
})
