import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatMessages } from '../../test/support/chat-requests.ts'
import { fixturesOf } from '../../test/support/fixtures.ts'
import { messagesRequest, toBody } from '../../test/support/messages-requests.ts'
import type { Part } from '../canonical/content.ts'
import { LossList } from '../canonical/loss.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { scanJson, stringToJson } from '../lib/json.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import type { Sealer } from '../protocols/protocol.ts'
import { NO_DETAILS } from './session.ts'
import { SessionCodec, readDetails, writeDetails } from './session-codec.ts'

const OPEN_SEALS: Sealer = { close: () => '', open: () => 'foreign' }

function decoded(protocol: ProtocolId, body: string): CanonicalRequest {
  return PROTOCOLS[protocol].client.decodeRequest(scanJson(body), {
    sealer: OPEN_SEALS,
    headers: {},
    losses: new LossList(),
  })
}

async function kept(messages: readonly Message[], instructions: readonly Part[], compresses = true) {
  const codec = new SessionCodec(() => compresses)
  const turn = await codec.encodeTurn(messages)
  const session = await codec.decode({
    record: { id: 'a', created: 0, lastUsed: 0, expires: 0, version: 1, details: '{}', messages: 0, bytes: 0 },
    opening: await codec.encodeOpening(instructions),
    turns: [turn],
  })
  return { turn, messages: session.turns[0]?.messages, instructions: session.instructions }
}

async function expectKept({ messages, instructions }: Pick<CanonicalRequest, 'messages' | 'instructions'>) {
  expect(await kept(messages, instructions)).toMatchObject({ messages, instructions })
  const back = await kept(messages, instructions)
  expect(back.messages).toEqual(messages)
  expect(back.instructions).toEqual(instructions)
}

const everyPart: readonly Part[] = [
  {
    kind: 'text',
    text: scanJson('"\\u00e9\\/"').raw,
    refusal: true,
    citations: scanJson('[{"a": 1.0}]').raw,
    cache: { ttl: '1h' },
    ext: null,
  },
  {
    kind: 'reasoning',
    text: stringToJson('hm'),
    seal: { kind: 'signature', value: 'a/+=\ud800', origin: null },
    cache: { ttl: null },
    ext: null,
  },
  {
    kind: 'reasoning',
    text: stringToJson(''),
    seal: {
      kind: 'redacted',
      value: 'x',
      origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' },
    },
    cache: null,
    ext: { protocol: 'openai-chat', fields: new Map([['__proto__', scanJson('12345678901234567890').raw]]) },
  },
  {
    kind: 'media',
    media: 'document',
    source: { type: 'text', mediaType: 'text/plain', data: stringToJson('t') },
    title: stringToJson('n'),
    context: stringToJson('c'),
    cache: null,
    ext: null,
  },
  {
    kind: 'media',
    media: 'image',
    source: { type: 'file', id: stringToJson('f') },
    title: null,
    context: null,
    cache: null,
    ext: null,
  },
  { kind: 'tool-call', id: 'a', name: 'b', input: stringToJson('{"a":'), invalid: true, cache: null, ext: null },
  { kind: 'opaque', protocol: 'anthropic-messages', type: 'server_tool_use', raw: scanJson('{ "a" : [1.0] }').raw },
]

describe('SessionCodec', () => {
  it('gives back every kind of part', async () => {
    const result: Part = { kind: 'tool-result', callId: 'a', content: everyPart, isError: true, cache: null, ext: null }
    const messages: readonly Message[] = [
      { role: 'assistant', parts: [...everyPart, result], name: 'ü', ext: null },
      { role: 'user', parts: [], name: null, ext: { protocol: 'openai-chat', fields: new Map() } },
    ]
    await expectKept({ messages, instructions: everyPart })
  })

  it('gives back what clients of Messages send, byte for byte', () =>
    fc.assert(
      fc.asyncProperty(messagesRequest, (request) => expectKept(decoded('anthropic-messages', toBody(request)))),
      { numRuns: 200 },
    ))

  it('gives back what clients of Chat send, byte for byte', () =>
    fc.assert(
      fc.asyncProperty(chatMessages, (messages) =>
        expectKept(decoded('openai-chat', JSON.stringify({ model: 'm', messages }))),
      ),
      { numRuns: 200 },
    ))

  it.each(['anthropic-messages', 'openai-chat'] as const)('gives back recorded requests of %s', async (protocol) => {
    for (const { request } of fixturesOf(protocol)) await expectKept(decoded(protocol, request))
  })

  it('makes it smaller', async () => {
    const words = stringToJson('The quick brown fox jumps over the lazy dog. '.repeat(100))
    const text: Part = { kind: 'text', text: words, refusal: false, citations: null, cache: null, ext: null }
    const message: Message = { role: 'user', parts: [text], name: null, ext: null }
    const small = await kept([message], [])
    const large = await kept([message], [], false)
    expect(small.messages).toEqual(large.messages)
    expect(small.turn.bytes).toBe(large.turn.bytes)
    expect(small.turn.content.length).toBeLessThan(large.turn.content.length / 10)
  })

  it('gives back what is too large to be done at once', async () => {
    const words = stringToJson('abc'.repeat(1_000_000))
    const text: Part = { kind: 'text', text: words, refusal: false, citations: null, cache: null, ext: null }
    await expectKept({ messages: [{ role: 'user', parts: [text], name: null, ext: null }], instructions: [text] })
  })

  it('refuses what a newer version wrote', async () => {
    const codec = new SessionCodec(() => true)
    const record = { id: 'a', created: 0, lastUsed: 0, expires: 0, version: 1, details: '{}', messages: 0, bytes: 0 }
    const turns = [{ messages: 1, bytes: 1, content: Buffer.from([9, 1, 2]) }]
    await expect(codec.decode({ record, opening: Buffer.alloc(0), turns })).rejects.toThrow('newer version')
  })
})

describe('writeDetails()', () => {
  it('can be read again', () => {
    const details = {
      model: 'm',
      owner: 'ann@example.com',
      title: 'é "',
      maxTurns: 10,
      metadata: scanJson('{ "a" : 1.0 }').raw,
      failure: { at: 5, code: 'upstream_failed' },
      failures: 3,
      dropped: 4,
    }
    expect(readDetails(writeDetails(details))).toEqual(details)
    expect(readDetails(writeDetails(NO_DETAILS))).toEqual(NO_DETAILS)
  })
})
