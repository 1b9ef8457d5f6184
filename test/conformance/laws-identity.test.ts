import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProtocolId } from '../../src/canonical/protocol-id.ts'
import type { Answer } from '../support/ask.ts'
import { chatMessages, chatSettings } from '../support/chat-requests.ts'
import { comparable } from '../support/comparable-json.ts'
import { fixturesOf } from '../support/fixtures.ts'
import type { Fixture } from '../support/fixtures.ts'
import { messagesRequest, toBody } from '../support/messages-requests.ts'
import type { Upstream, UpstreamScript } from '../support/upstream.ts'
import type { Json } from './harness.ts'
import { wantsStream } from './harness.ts'
import { PLANS, dropped, install, provider, scripted, withMember } from './installation.ts'
import type { Installation } from './installation.ts'

/**
 * Law 1: what is read into the canonical form and written again is the same JSON. Law of the byte path: what passes differs
 * by the model's name alone.
 */

/** Whatever is asked of the model: what it takes is not what these tests are about. */
const OPEN = {
  capabilities: {
    maxOutputTokens: Number.MAX_SAFE_INTEGER,
    sampling: true,
    thinking: ['enabled', 'adaptive', 'disabled', 'between_tools'],
    efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    forcedToolChoice: true,
    structuredOutput: true,
    midSystem: true,
  },
}

/** Whatever is asked of the vendor as well. */
const LENIENT = {
  maxTokensField: 'max_completion_tokens',
  systemRole: 'system',
  developerRole: true,
  systemParts: true,
  midSystem: true,
  toolImages: true,
  maxStop: null,
  strictTools: true,
  rejects: [],
  reasoning: { efforts: OPEN.capabilities.efforts, sendBack: 'reasoning_details' },
}

interface World {
  readonly installation: Installation
  readonly upstream: Upstream
  readonly ask: (body: string) => Promise<Answer>
}

async function world(
  protocol: ProtocolId,
  type: string,
  models: readonly string[],
  script: UpstreamScript,
  plan: string,
): Promise<World> {
  const upstream = await scripted(script)
  const dialect = type === 'openai-compatible' ? { dialect: LENIENT } : {}
  const installation = await install({
    plan: plan === 'translate' ? 'translate' : 'auto',
    providers: [provider('far', type, upstream, models, { protocol, ...OPEN, ...dialect })],
  })
  const ask = protocol === 'anthropic-messages' ? installation.messages : installation.chat
  return { installation, upstream, ask }
}

/** Gives the fixture's answer, in the form that is asked for. */
function playing({ stream, response }: Fixture): UpstreamScript {
  return async (asked, reply) => {
    if (!wantsStream(asked)) return reply.answer(200, response)
    await reply.streamHead()
    await reply.chunk(stream)
    await reply.lastChunk()
  }
}

const modelOf = (json: string): string => String((JSON.parse(json) as Json)['model'])

const FIXTURES = (['anthropic-messages', 'openai-chat'] as const).flatMap((protocol) =>
  fixturesOf(protocol).flatMap((fixture) => PLANS.map((plan) => ({ protocol, fixture, plan, name: fixture.name }))),
)

describe('law 1 over fixtures: a vendor is asked what the client asked', () => {
  it.each(FIXTURES)('121 round-trip identity: $protocol, $name, plan $plan', async ({ protocol, fixture, plan }) => {
    const model = modelOf(fixture.request)
    const { upstream, ask } = await world(protocol, fixture.vendor, [model], playing(fixture), plan)
    const reply = await ask(fixture.request)
    expect(reply.status, reply.text).toBe(200)
    expect(comparable(upstream.requests[0]?.body.toString('utf8') ?? '')).toEqual(comparable(fixture.request))
    expect([reply.headers['x-ucr-plan'], dropped(reply)]).toEqual([plan === 'auto' ? 'passthrough' : plan, []])
  })

  it.each(FIXTURES)(
    '121 round-trip identity: the whole answer, $protocol, $name, plan $plan',
    async ({ protocol, fixture, plan }) => {
      const model = modelOf(fixture.request)
      const { ask } = await world(protocol, fixture.vendor, [model], playing(fixture), plan)
      const body = JSON.parse(fixture.request) as Json
      const { stream: _, stream_options: __, ...whole } = body
      const reply = await ask(JSON.stringify(whole))
      expect(reply.status, reply.text).toBe(200)
      expect(answerOf(reply.text, plan)).toEqual(
        answerOf(withMember(fixture.response, 'model', JSON.stringify(model)), plan),
      )
    },
  )
})

/** An answer that was written anew has an id and a time of its own, and says everything that the protocol demands. */
function answerOf(json: string, plan: string): unknown {
  const answer = comparable(json) as Json
  if (plan === 'auto') return answer
  const [choice] = (answer['choices'] ?? []) as Json[]
  if (choice === undefined) return { ...answer, id: null }
  const { refusal, annotations, ...message } = choice['message'] as Json
  const said = { ...message, refusal: refusal ?? null, annotations: annotations ?? [] }
  const { usage, ...rest } = answer
  const { system_fingerprint: _, ...kept } = rest
  return {
    ...kept,
    usage: countsOf(usage as Json | undefined),
    id: null,
    created: null,
    choices: [{ ...choice, message: said }],
  }
}

/** What OpenAI's usage has; vendors' own counts beside it are not part of an answer that was written anew. */
function countsOf(usage: Json | undefined): unknown {
  return [usage?.['prompt_tokens'], usage?.['completion_tokens'], usage?.['total_tokens']]
}

describe('law 1 over generated requests, through the whole gateway', () => {
  const greeting: UpstreamScript = (asked, reply) =>
    reply.answer(
      200,
      asked.path.startsWith('/v1/messages')
        ? '{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}'
        : '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}',
    )

  it('121 round-trip identity: 150 Messages requests', async () => {
    const { upstream, ask } = await world('anthropic-messages', 'anthropic', ['claude-x'], greeting, 'translate')
    await fc.assert(
      fc.asyncProperty(messagesRequest, async (value) => {
        const body = toBody({ ...value, stream: false })
        const reply = await ask(body)
        expect([reply.status, dropped(reply)], reply.text).toEqual([200, []])
        expect(comparable(upstream.requests.at(-1)?.body.toString('utf8') ?? '')).toEqual(comparable(body))
      }),
      { numRuns: 150, seed: 1 },
    )
  })

  it('121 round-trip identity: 150 Chat requests', async () => {
    const { upstream, ask } = await world('openai-chat', 'openai-compatible', ['m'], greeting, 'translate')
    await fc.assert(
      fc.asyncProperty(chatMessages, chatSettings, async (messages, settings) => {
        const body = JSON.stringify({ model: 'm', messages, ...settings })
        const reply = await ask(body)
        expect([reply.status, dropped(reply)], reply.text).toEqual([200, []])
        expect(comparable(upstream.requests.at(-1)?.body.toString('utf8') ?? '')).toEqual(comparable(body))
      }),
      { numRuns: 150, seed: 1 },
    )
  })
})
