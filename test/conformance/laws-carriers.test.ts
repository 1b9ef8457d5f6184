import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UpstreamScript } from '../support/upstream.ts'
import { readChatStream } from './chat-stream.ts'
import { chatStream, completion, delta, wholeCall } from './chat-vendor.ts'
import { answering } from './harness.ts'
import type { Json } from './harness.ts'
import { bodyOf, install, provider, scripted } from './installation.ts'
import { readMessagesStream } from './messages-stream.ts'
import { answer } from './messages-vendor.ts'

/** From a vendor to a client of the other protocol and back: the vendor has what it said again, its reasoning with it. */

const RUNS = { seed: 1, numRuns: 60 }
const FORMS = [true, false] as const

const words = fc.constantFrom('Well.', 'A “word”', '🙂\n\\u0041', '<&> \u2028')
const opaque = fc.constantFrom('RXhhbXBsZQ==', 'c2ln+/9', 'x'.repeat(300), 'ümläut "quoted"')
const inputs = fc.constantFrom({}, { command: 'ls' }, { a: [1, null, '“'], 10: true })

const thoughts = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: fc.oneof(words, fc.constant('')), signature: opaque }),
  fc.record({ type: fc.constant('redacted_thinking'), data: opaque }),
)
const said = words.map((text): Json => ({ type: 'text', text }))
const uses = inputs.map((input): Json => ({ type: 'tool_use', id: '', name: 'run', input }))

/** With ids, which may not come twice. */
const numbered = (blocks: readonly Json[]): readonly Json[] =>
  blocks.map((block, at) => (block['type'] === 'tool_use' ? { ...block, id: `toolu_${at}` } : block))

const inOrder = fc
  .tuple(fc.array(thoughts, { maxLength: 3 }), fc.array(said, { maxLength: 1 }), fc.array(uses, { maxLength: 3 }))
  .map((kinds) => numbered(kinds.flat()))
  .filter((blocks) => blocks.length > 0)
const mixed = fc.array(fc.oneof(thoughts, said, uses), { minLength: 1, maxLength: 6 }).map(numbered)

interface Conversing {
  /** What the vendor got of its own answer in the next turn. */
  readonly returned: (blocks: readonly Json[]) => Promise<Json[]>
}

async function chatClientOfClaude(stream: boolean): Promise<Conversing> {
  let blocks: readonly Json[] = []
  const script: UpstreamScript = async (asked, reply) => {
    const stopReason = blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn'
    await answering(answer(blocks, stopReason))(asked, reply)
  }
  const upstream = await scripted(script)
  const model = 'claude-opus-5-5'
  const installation = await install({ providers: [provider('work', 'anthropic', upstream, [model])] })
  const tools = [{ type: 'function', function: { name: 'run', parameters: { type: 'object' } } }]
  const ask = async (messages: readonly Json[]): Promise<Json> => {
    const reply = await installation.chat({ model, reasoning_effort: 'high', stream, tools, messages })
    expect(reply.status, reply.text).toBe(200)
    if (stream) return readChatStream(reply.events).message
    return (reply.json()['choices'] as Json[])[0]?.['message'] as Json
  }
  return {
    returned: async (given) => {
      blocks = given
      const question = { role: 'user', content: 'Go.' }
      const message = await ask([question])
      const calls = (message['tool_calls'] ?? []) as Json[]
      const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }))
      await ask([question, message, ...results, { role: 'user', content: 'And?' }])
      return (bodyOf(upstream)['messages'] as { content: Json[] }[])[1]?.content ?? []
    },
  }
}

describe('law of carriers: a Messages vendor, a Chat client that keeps reasoning_details', () => {
  it.each(FORMS)(
    '121 round-trip identity: thinking, text and calls come back block by block, streamed %s',
    async (stream) => {
      const { returned } = await chatClientOfClaude(stream)
      await fc.assert(
        fc.asyncProperty(inOrder, async (blocks) => {
          expect(await returned(blocks)).toEqual(blocks)
        }),
        RUNS,
      )
    },
  )

  // A Chat message has no place for the order in which kinds alternate.
  it.each(FORMS)('121 round-trip identity: mixed blocks come back kind by kind, streamed %s', async (stream) => {
    const { returned } = await chatClientOfClaude(stream)
    const isThought = ({ type }: Json): boolean => type === 'thinking' || type === 'redacted_thinking'
    const textOf = (blocks: readonly Json[]): string => blocks.map(({ text }) => (text ?? '') as string).join('')
    await fc.assert(
      fc.asyncProperty(mixed, async (blocks) => {
        const back = await returned(blocks)
        expect(back.filter(isThought)).toEqual(blocks.filter(isThought))
        expect(back.filter(({ type }) => type === 'tool_use')).toEqual(blocks.filter(({ type }) => type === 'tool_use'))
        expect(textOf(back)).toBe(textOf(blocks))
      }),
      RUNS,
    )
  })
})

const details = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('reasoning.text'), text: words, signature: opaque, format: fc.constant('x-v1') }),
    fc.record({ type: fc.constant('reasoning.summary'), summary: words }),
    fc.record({ type: fc.constant('reasoning.encrypted'), data: opaque, id: fc.constantFrom('rs_1', null) }),
  ),
  { minLength: 1, maxLength: 3 },
)

const spoken = fc
  .record({
    content: fc.option(words),
    calls: fc.array(inputs, { maxLength: 3 }),
  })
  .filter(({ content, calls }) => content !== null || calls.length > 0)
  .map(({ content, calls }) => {
    const toolCalls = calls.map((input, at) => wholeCall(`call_${at}`, 'run', JSON.stringify(input)))
    return { content, ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }) }
  })

/** What a vendor of this type is brought back of its own message by a Messages client. */
async function messagesClientOf(type: string, stream: boolean): Promise<(message: Json) => Promise<Json>> {
  let message: Json = {}
  const script: UpstreamScript = async (asked, reply) => {
    const reason = message['tool_calls'] === undefined ? 'stop' : 'tool_calls'
    const { tool_calls: calls, ...rest } = message
    const indexed = ((calls ?? []) as Json[]).map((call, index) => delta({ tool_calls: [{ index, ...call }] }))
    const whole = completion(message, reason)
    await answering({ stream: chatStream([...deltasOf(rest), ...indexed], reason), whole })(asked, reply)
  }
  const upstream = await scripted(script)
  const installation = await install({
    providers: [provider('far', type, upstream, ['m'], { protocol: 'openai-chat' })],
  })
  const tools = [{ name: 'run', input_schema: { type: 'object' } }]
  const ask = async (messages: readonly Json[]): Promise<Json[]> => {
    const thinking = { type: 'enabled', budget_tokens: 1024 }
    const body = { model: 'far/m', max_tokens: 4000, thinking, stream, tools, messages }
    const reply = await installation.messages(body)
    expect(reply.status, reply.text).toBe(200)
    return stream ? [...readMessagesStream(reply.events).content] : (reply.json()['content'] as Json[])
  }
  return async (given) => {
    message = given
    const question = { role: 'user', content: 'Go.' }
    const content = await ask([question])
    const results = content
      .filter(({ type: kind }) => kind === 'tool_use')
      .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }))
    const next = { role: 'user', content: [...results, { type: 'text', text: 'And?' }] }
    await ask([question, { role: 'assistant', content }, next])
    return (bodyOf(upstream)['messages'] as Json[])[1] ?? {}
  }
}

/** Reasoning first, as vendors stream it. */
function deltasOf({ reasoning_content: plain, reasoning_details: list, ...rest }: Json): string[] {
  return [
    ...(plain === undefined ? [] : [delta({ reasoning_content: plain })]),
    ...((list ?? []) as Json[]).map((detail) => delta({ reasoning_details: [detail] })),
    ...(rest['content'] === null ? [] : [delta(rest)]),
  ]
}

const MATRIX = FORMS.flatMap((stream) => [
  { type: 'deepseek', stream, reasoning: words.map((text): Json => ({ reasoning_content: text })) },
  {
    type: 'openrouter',
    stream,
    reasoning: details.map((list): Json => ({
      reasoning_details: list.map((detail, index) => ({ ...detail, index })),
    })),
  },
])

describe('law of carriers: a Chat vendor, a Messages client', () => {
  it.each(MATRIX)(
    '121 round-trip identity: $type has its message again, streamed $stream',
    async ({ type, stream, reasoning }) => {
      const returned = await messagesClientOf(type, stream)
      await fc.assert(
        fc.asyncProperty(reasoning, spoken, async (thought, spoke) => {
          const back = await returned({ ...thought, ...spoke })
          // DeepSeek reads it for as long as the turn goes on, and no longer.
          const isRead = type !== 'deepseek' || 'tool_calls' in spoke
          expect(back).toEqual({ role: 'assistant', ...spoke, ...(isRead ? thought : {}) })
        }),
        RUNS,
      )
    },
  )
})
