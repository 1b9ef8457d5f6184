import { describe, expect, it } from 'vitest'
import { args, call, chatStream, completion, delta, text, wholeCall } from './chat-vendor.ts'
import { readChatStream } from './chat-stream.ts'
import { ASKED, CHAT, DELIVERIES, MESSAGES, answering, startBench } from './harness.ts'
import type { Bench, Json, Vendor, VendorAnswer } from './harness.ts'
import { answer } from './messages-vendor.ts'
import { readMessagesStream } from './messages-stream.ts'

/** One answer as a vendor of each protocol gives it: reasoning, text, two calls at once. */
const VENDORS: Readonly<Record<string, { readonly vendor: Vendor; readonly answer: Required<VendorAnswer> }>> = {
  'anthropic-messages': {
    vendor: MESSAGES,
    answer: answer(
      [
        { type: 'thinking', thinking: 'Two cities.', signature: 'c2lnbmF0dXJl' },
        { type: 'text', text: 'Ich sehe nach 👋' },
        { type: 'tool_use', id: 'call_a', name: 'weather', input: { city: 'Wien' } },
        { type: 'tool_use', id: 'call_b', name: 'weather', input: { city: 'Zürich' } },
      ],
      'tool_use',
    ),
  },
  'openai-chat': {
    vendor: CHAT,
    answer: {
      stream: chatStream(
        [
          delta({ reasoning_content: 'Two ' }),
          delta({ reasoning_content: 'cities.' }),
          text('Ich sehe '),
          text('nach 👋'),
          call(0, 'call_a', 'weather'),
          args(0, '{"city":'),
          args(0, '"Wien"}'),
          call(1, 'call_b', 'weather'),
          args(1, '{"city":"Zürich"}'),
        ],
        'tool_calls',
      ),
      whole: completion(
        {
          reasoning_content: 'Two cities.',
          content: 'Ich sehe nach 👋',
          tool_calls: [
            wholeCall('call_a', 'weather', '{"city":"Wien"}'),
            wholeCall('call_b', 'weather', '{"city":"Zürich"}'),
          ],
        },
        'tool_calls',
      ),
    },
  },
}

/** What a client of each protocol makes of that answer, in words that are nobody's. */
interface Understood {
  readonly model: unknown
  readonly reasoning: unknown
  readonly text: unknown
  readonly calls: readonly (readonly [id: unknown, name: unknown, input: unknown])[]
  readonly finish: unknown
  readonly outputTokens: unknown
}

const CLIENTS: Readonly<Record<string, (bench: Bench, stream: boolean) => Promise<Understood & { plan: unknown }>>> = {
  'anthropic-messages': async (bench, stream) => {
    const reply = await bench.messages({ stream })
    const message = stream ? readMessagesStream(reply.events).message : reply.json()
    const content = message['content'] as Json[]
    const [thinking, words, ...calls] = content
    return {
      plan: reply.headers['x-ucr-plan'],
      model: message['model'],
      reasoning: thinking?.['thinking'],
      text: words?.['text'],
      calls: calls.map(({ id, name, input }) => [id, name, input]),
      finish: message['stop_reason'],
      outputTokens: (message['usage'] as Json)['output_tokens'],
    }
  },
  'openai-chat': async (bench, stream) => {
    const reply = await bench.chat(stream ? { stream, stream_options: { include_usage: true } } : {})
    const { model, choices, usage } = stream ? readChatStream(reply.events).completion : reply.json()
    const [choice] = choices as Json[]
    const message = choice?.['message'] as Json
    const calls = message['tool_calls'] as { id: string; function: { name: string; arguments: string } }[]
    return {
      plan: reply.headers['x-ucr-plan'],
      model,
      reasoning: message['reasoning_content'],
      text: message['content'],
      calls: calls.map(({ id, function: fn }) => [id, fn.name, JSON.parse(fn.arguments) as unknown]),
      finish: choice?.['finish_reason'],
      outputTokens: (usage as Json)['completion_tokens'],
    }
  },
}

const EXPECTED = {
  model: ASKED,
  reasoning: 'Two cities.',
  text: 'Ich sehe nach 👋',
  calls: [
    ['call_a', 'weather', { city: 'Wien' }],
    ['call_b', 'weather', { city: 'Zürich' }],
  ],
  outputTokens: 20,
}
const FINISH: Readonly<Record<string, string>> = { 'anthropic-messages': 'tool_use', 'openai-chat': 'tool_calls' }

/** Bytes pass where both sides speak the same; the setting `plan: translate` takes the other way there too. */
const pairs = Object.keys(CLIENTS).flatMap((client) =>
  Object.keys(VENDORS).flatMap((vendor) =>
    ['stream', 'whole'].flatMap((form) =>
      (client === vendor ? ['passthrough', 'translate'] : ['translate']).map((plan) => ({
        client,
        vendor,
        form,
        plan,
      })),
    ),
  ),
)

describe('every client on every vendor', () => {
  it.each(pairs)(
    'pair $client -> $vendor, $form, $plan: reasoning, text, two calls, the end and the usage arrive',
    async ({ client, vendor, form, plan }) => {
      const far = VENDORS[vendor]
      const ask = CLIENTS[client]
      if (far === undefined || ask === undefined) throw new Error('a pair of nobody')
      for (const delivery of DELIVERIES) {
        const config = client === vendor && plan === 'translate' ? { plan: 'translate' } : {}
        const bench = await startBench(far.vendor, answering(far.answer, delivery), config)
        const understood = await ask(bench, form === 'stream')
        expect(understood).toEqual({ ...EXPECTED, finish: FINISH[client], plan })
      }
    },
  )
})
