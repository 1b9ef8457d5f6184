import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldEvents } from '../../src/canonical/fold.ts'
import type { Event } from '../../src/canonical/event.ts'
import type { Part } from '../../src/canonical/content.ts'
import type { Ext } from '../../src/canonical/ext.ts'
import type { CanonicalResponse } from '../../src/canonical/response.ts'
import { scanJson } from '../../src/lib/json.ts'
import { answerContext as messagesContext } from '../../src/protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../../src/protocols/index.ts'
import { answerContext as chatContext } from '../../src/protocols/openai-chat/test-support.ts'
import type { Answer } from '../support/ask.ts'
import { fixturesOf } from '../support/fixtures.ts'
import { chatForms, messagesForms } from './both-forms.ts'
import { BASH, READ } from './claude-code.ts'
import { chunked, wantsStream } from './harness.ts'
import type { Json } from './harness.ts'
import { PLANS, install, provider, scripted, simulated } from './installation.ts'
import type { Installation } from './installation.ts'

/** Law 3: folding a stream gives what the same answer in one piece gives. Case 120: so does what clients read. */

const PROTOCOL_IDS = ['anthropic-messages', 'openai-chat'] as const
type Id = (typeof PROTOCOL_IDS)[number]

/** White space between tokens is a way to write, and events have none. */
const minified = (json: string): string => JSON.stringify(JSON.parse(json))

const FIXTURES = PROTOCOL_IDS.flatMap((protocol) =>
  fixturesOf(protocol).map((fixture) => ({ protocol, ...fixture, response: minified(fixture.response) })),
)

function decoded(
  protocol: Id,
  stream: Buffer,
  response: string,
): readonly [folded: CanonicalResponse, whole: CanonicalResponse] {
  const events: Event[] = []
  const sink = (event: Event): void => void events.push(event)
  const messages = PROTOCOLS['anthropic-messages'].upstream
  const chat = PROTOCOLS['openai-chat'].upstream
  const isChat = protocol === 'openai-chat'
  const decoder = isChat ? chat.streamDecoder(chatContext(), sink) : messages.streamDecoder(messagesContext(), sink)
  decoder.feed(stream)
  decoder.end()
  const whole = isChat
    ? chat.decodeResponse(response, chatContext())
    : messages.decodeResponse(response, messagesContext())
  return [foldEvents(events, PROTOCOLS[protocol].upstream.mergeOpaque), whole]
}

/**
 * An answer without what is only a way to write it: the spelling of string literals (a stream's pieces are joined), the
 * vendor's raw usage object, hints for writing (`$x`), and what vendors say in streams only: OpenAI's padding, the place in
 * which Groq puts its usage.
 */
function meant(response: CanonicalResponse): unknown {
  return {
    ...response,
    parts: response.parts.map(partMeant),
    usage: response.usage === null ? null : { ...response.usage, raw: null },
    ext: extMeant(response.ext),
  }
}

function partMeant(part: Part): unknown {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return { ...part, text: scanJson(part.text).string, ext: extMeant(part.ext) }
    case 'opaque':
      return { ...part, raw: JSON.parse(part.raw) as unknown }
    case 'media':
    case 'tool-call':
    case 'tool-result':
      return part
    default:
      return part satisfies never
  }
}

const IN_STREAMS = new Set(['obfuscation', 'x_groq'])

function extMeant(ext: Ext | null): unknown {
  const fields = [...(ext?.fields ?? [])].filter(([name]) => !IN_STREAMS.has(name) && !name.startsWith('$'))
  return fields.length === 0 ? null : Object.fromEntries(fields)
}

describe('law 3 over fixtures', () => {
  it.each(FIXTURES)(
    '120 stream/non-stream parity: $protocol, $name, in the canonical form',
    ({ protocol, stream, response }) => {
      const [folded, whole] = decoded(protocol, stream, response)
      expect(meant(folded)).toEqual(meant(whole))
    },
  )

  // Bytes that pass are the vendor's own: whether its two forms agree is up to the vendor. A pause goes on only in the test
  // of case 66, where the vendor then has something else to say.
  const CLIENTS = PROTOCOL_IDS.flatMap((client) =>
    FIXTURES.filter(({ protocol, name }) => name !== 'pause' || protocol === client).map((each) => ({
      ...each,
      client,
    })),
  )

  it.each(CLIENTS)(
    '120 stream/non-stream parity: a vendor of $protocol ($name), as a client of $client reads it',
    async ({ protocol, vendor, name, client, stream, response }) => {
      const upstream = await scripted(async (asked, reply) => {
        if (!wantsStream(asked)) return reply.answer(200, response)
        await reply.streamHead()
        await reply.write(chunked([stream]))
        await reply.lastChunk()
      })
      const providers = [provider('far', vendor, upstream, ['m'], { protocol })]
      const installation = await install({ plan: 'translate', providers })
      // Only a Chat client that asks in the first form of tools is answered in it.
      const functions =
        name === 'legacy-functions' && client === 'openai-chat' ? { functions: [{ name: 'get_weather' }] } : {}
      await expectParity(installation, client, { model: 'm', ...functions })
    },
  )
})

/** Asks in both forms; throws where a client would, and where the two differ. */
async function expectParity(installation: Installation, client: Id, body: Json): Promise<void> {
  const ask = (fields: Json): Promise<Answer> => {
    const hello = { messages: [{ role: 'user', content: 'Hello' }] }
    return client === 'openai-chat'
      ? installation.chat({ ...hello, ...fields })
      : installation.messages({ max_tokens: 1000, ...hello, ...fields })
  }
  if (client === 'openai-chat') await chatForms({ chat: (fields) => ask({ ...fields }) }, body)
  else await messagesForms({ messages: (fields) => ask({ ...fields }) }, body)
}

const TASKS = [
  'Hello',
  '[[say One]] [[think Two]] [[say Three 🙂]]',
  '[[think A — “thought”]] [[call Bash {"command":"ls","n":1}]] [[call Read {"file_path":"ü"}]]',
  '[[call Bash {}]]',
]

/** What the simulator is to be, and how it is to send what it says. */
const vendors = fc.record({
  model: fc.constantFrom(
    'agent',
    'text',
    'empty',
    'thinking',
    'redacted-thinking',
    'tools',
    'parallel-tools',
    'refusal',
    'content-filter',
    'max-tokens',
    'stop-sequence',
    'context-window',
  ),
  tokens: fc.nat(40),
  split: fc.constantFrom(0, 1, 7, 100),
  batch: fc.constantFrom(1, 3, 50),
  pings: fc.constantFrom(0, 1, 4),
  crlf: fc.constantFrom('on', 'off'),
  encoding: fc.constantFrom('identity', 'gzip', 'zstd'),
  reasoning: fc.constantFrom('reasoning_content', 'reasoning', 'both', 'details'),
})
const asked = fc.record({
  task: fc.constantFrom(...TASKS),
  tools: fc.boolean(),
  vendor: fc.constantFrom(...PROTOCOL_IDS),
  client: fc.constantFrom(...PROTOCOL_IDS),
  plan: fc.constantFrom(...PLANS),
})

describe('case 120 over generated answers, through the whole gateway', () => {
  it('120 stream/non-stream parity: 150 answers of the simulator, to clients and from vendors of both protocols', async () => {
    const simulator = await simulated()
    const far = (plan: (typeof PLANS)[number]): Promise<Installation> =>
      install({
        plan,
        providers: PROTOCOL_IDS.map((protocol) => provider(protocol, 'simulator', simulator, ['text'], { protocol })),
      })
    const installations = { auto: await far('auto'), translate: await far('translate') }
    await fc.assert(
      fc.asyncProperty(vendors, asked, async ({ model, ...settings }, { task, tools, vendor, client, plan }) => {
        const query = new URLSearchParams(
          Object.entries(settings).map(([name, value]): [string, string] => [name, String(value)]),
        )
        const body = {
          model: `${vendor}/${model}?${query.toString()}`,
          messages: [{ role: 'user', content: task }],
          ...(tools ? { tools: client === 'openai-chat' ? CHAT_TOOLS : [BASH, READ] } : {}),
          ...(client === 'openai-chat' ? { stop: ['STOP'] } : { stop_sequences: ['STOP'] }),
        }
        await expectParity(installations[plan], client, body)
      }),
      { numRuns: 150, seed: 1 },
    )
  })
})

const CHAT_TOOLS = [BASH, READ].map(({ name, description, input_schema: parameters }) => ({
  type: 'function',
  function: { name, description, parameters },
}))
