import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/canonical/event.ts'
import { answerContext as messagesContext } from '../../src/protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../../src/protocols/index.ts'
import { answerContext as chatContext } from '../../src/protocols/openai-chat/test-support.ts'
import { answeredMessage } from '../support/chat-answers.ts'
import type { AnsweredMessage } from '../support/chat-answers.ts'
import { fixturesOf } from '../support/fixtures.ts'
import { answeredBlocks } from '../support/messages-answers.ts'
import type { AnsweredBlock } from '../support/messages-answers.ts'
import type { UpstreamReply, UpstreamScript } from '../support/upstream.ts'
import { DONE, OPENING, delta, finish, usage } from './chat-vendor.ts'
import { DELIVERIES, chunked, wantsStream } from './harness.ts'
import type { Json } from './harness.ts'
import { install, provider, scripted } from './installation.ts'
import { START, STOP, blockDelta, blockStart, blockStop, messageDelta } from './messages-vendor.ts'

/**
 * Law 4: however the bytes of a stream are cut, the events are the same. Law of the byte path: what passes differs from what
 * the vendor sent by the model's name alone, and what the vendor is sent from what the client wrote likewise.
 */

const PROTOCOL_IDS = ['anthropic-messages', 'openai-chat'] as const
type Id = (typeof PROTOCOL_IDS)[number]

/** The canonical events of a stream that arrives in pieces which end at these offsets. */
function eventsOf(protocol: Id, bytes: Buffer, ends: Iterable<number>): readonly Event[] {
  const events: Event[] = []
  const sink = (event: Event): void => void events.push(event)
  const decoder =
    protocol === 'anthropic-messages'
      ? PROTOCOLS[protocol].upstream.streamDecoder(messagesContext(), sink)
      : PROTOCOLS[protocol].upstream.streamDecoder(chatContext(), sink)
  let at = 0
  for (const end of [...ends, bytes.length]) {
    // A copy that is overwritten: a decoder must not keep the bytes that it was given.
    const piece = Buffer.from(bytes.subarray(at, end))
    decoder.feed(piece)
    piece.fill(0)
    at = end
  }
  decoder.end()
  return events
}

const FIXTURES = PROTOCOL_IDS.flatMap((protocol) => fixturesOf(protocol).map((fixture) => ({ protocol, ...fixture })))

const offsets = fc.array(fc.nat(), { maxLength: 12 })
const cutsIn = (bytes: Buffer, numbers: readonly number[]): number[] =>
  numbers.map((number) => number % (bytes.length + 1)).sort((a, b) => a - b)

/** The wire of generated answers. */
const STREAMS: Readonly<Record<Id, fc.Arbitrary<readonly string[]>>> = {
  'anthropic-messages': answeredBlocks.map((blocks) => [
    START,
    ...blocks.flatMap(blockWire),
    messageDelta({ stop_reason: 'end_turn' }),
    STOP,
  ]),
  'openai-chat': answeredMessage.map(({ deltas, finish: reason }: AnsweredMessage) => [
    OPENING,
    ...deltas.map((fields) => delta(fields)),
    finish(reason),
    usage(),
    DONE,
  ]),
}

function blockWire({ start, deltas }: AnsweredBlock, index: number): string[] {
  return [blockStart(index, start), ...deltas.map((each) => blockDelta(index, each)), blockStop(index)]
}

describe('law 4: cuts', () => {
  it.each(FIXTURES)('122 chunk-boundary invariance: $protocol, $name, at every byte', ({ protocol, stream }) => {
    const whole = eventsOf(protocol, stream, [])
    expect(whole.at(-1)?.type).toBe('finish')
    expect(eventsOf(protocol, stream, stream.keys())).toEqual(whole)
  })

  it.each(PROTOCOL_IDS)('122 chunk-boundary invariance: generated streams of %s, at any bytes', (protocol) => {
    fc.assert(
      fc.property(STREAMS[protocol], offsets, (events, numbers) => {
        const bytes = Buffer.from(events.join(''))
        expect(eventsOf(protocol, bytes, cutsIn(bytes, numbers))).toEqual(eventsOf(protocol, bytes, []))
      }),
      { numRuns: 200, seed: 1 },
    )
  })

  const PLANS_AND_CLIENTS = PROTOCOL_IDS.flatMap((vendor) =>
    PROTOCOL_IDS.flatMap((client) =>
      (client === vendor ? ['auto', 'translate'] : ['auto']).map((plan) => ({ vendor, client, plan })),
    ),
  )

  it.each(PLANS_AND_CLIENTS)(
    '122 chunk-boundary invariance: a client of $client at a vendor of $vendor reads the same (plan $plan)',
    async ({ vendor, client, plan }) => {
      for (const { name, stream } of FIXTURES.filter(({ protocol }) => protocol === vendor)) {
        let delivery: (typeof DELIVERIES)[number] = 'at once'
        const script: UpstreamScript = (_asked, reply) => streaming(reply, chunked(split(stream), delivery))
        const installation = await farEnd(vendor, 'm', script, plan)
        const read: string[] = []
        for (delivery of DELIVERIES) {
          const { text, status } = await installation[client === 'openai-chat' ? 'chat' : 'messages'](QUESTION)
          expect(status, text).toBe(200)
          read.push(text.replaceAll(/"(?:msg_|chatcmpl-)\w+"/g, '"ID"').replaceAll(/"created":\d+/g, '"created":0'))
        }
        expect(read[1], name).toBe(read[0])
        expect(read[2], name).toBe(read[0])
      }
    },
  )
})

const QUESTION = {
  model: 'm',
  max_tokens: 9,
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: 'user', content: 'Hi' }],
}

/** The stream's events. */
function split(stream: Buffer): Buffer[] {
  return stream
    .toString('utf8')
    .split(/(?<=\r?\n\r?\n)/)
    .map((event) => Buffer.from(event))
}

async function streaming(reply: UpstreamReply, bytes: Buffer): Promise<void> {
  await reply.streamHead()
  await reply.write(bytes)
  await reply.lastChunk()
}

const typeOf = (protocol: Id): string => (protocol === 'anthropic-messages' ? 'anthropic' : 'openai-compatible')

async function farEnd(protocol: Id, model: string, script: UpstreamScript, plan = 'auto') {
  const upstream = await scripted(script)
  return install({
    plan: plan === 'translate' ? 'translate' : 'auto',
    providers: [provider('far', typeOf(protocol), upstream, [model])],
  })
}

describe('law of the byte path', () => {
  /** As the vendor calls its model, and as the client does. */
  const NAMES = [
    ['the same name', (name: string) => name],
    ['an alias', () => 'alias-1'],
  ] as const

  describe.each(NAMES)('under %s', (_, nameFor) => {
    it.each(FIXTURES)(
      '124 pass-through transparency: $protocol, $name',
      async ({ protocol, vendor, request, stream, response }) => {
        const model = String((JSON.parse(request) as Json)['model'])
        const asked = nameFor(model)
        const upstream = await scripted(async (received, reply) =>
          wantsStream(received) ? streaming(reply, chunked([stream])) : reply.answer(200, response),
        )
        const installation = await install({
          providers: [provider('far', vendor, upstream, [model], { protocol })],
          models: { [asked]: `far/${model}` },
        })
        const ask = protocol === 'anthropic-messages' ? installation.messages : installation.chat
        for (const wanted of [true, false]) {
          const body = asking(request, wanted)
          const { status, text, headers } = await ask(renamed(body, model, asked))
          expect([status, headers['x-ucr-plan']], text).toEqual([200, 'passthrough'])
          expect(upstream.requests.at(-1)?.body.toString('utf8')).toBe(body)
          expect(text).toBe(renamed(wanted ? stream.toString('utf8') : response, model, asked))
        }
      },
    )
  })

  it.each(PROTOCOL_IDS)('124 pass-through transparency: 100 generated streams of %s', async (protocol) => {
    let events: readonly string[] = []
    const upstream = await scripted((_asked, reply) => streaming(reply, chunked(events)))
    const model = protocol === 'anthropic-messages' ? 'claude-sonnet-5' : 'gpt-5.5-2026-04-23'
    const { messages, chat } = await install({ providers: [provider('far', typeOf(protocol), upstream, [model])] })
    const ask = protocol === 'anthropic-messages' ? messages : chat
    const body = JSON.stringify({ ...QUESTION, model })
    await fc.assert(
      fc.asyncProperty(STREAMS[protocol], async (generated) => {
        events = generated
        const { text, headers } = await ask(body)
        expect(headers['x-ucr-plan']).toBe('passthrough')
        expect(text).toBe(generated.join(''))
        expect(upstream.requests.at(-1)?.body.toString('utf8')).toBe(body)
      }),
      { numRuns: 100, seed: 1 },
    )
  })
})

/** The request as bytes that ask for this form of the answer. */
function asking(request: string, stream: boolean): string {
  const said = /"stream": (?:true|false)/
  return said.test(request)
    ? request.replace(said, `"stream": ${stream}`)
    : request.replace('{', `{"stream": ${stream},`)
}

/**
 * The JSON, or the events, with another name of the model and no other difference. Azure leaves the name empty in its first
 * chunk, which is then like the others.
 */
function renamed(text: string, model: string, name: string): string {
  return text.replaceAll(/("model": ?)"([^"]*)"/g, (said, key: string, value: string) =>
    value === model || value === '' ? `${key}"${name}"` : said,
  )
}
