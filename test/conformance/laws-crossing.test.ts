import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EFFORTS } from '../../src/canonical/effort.ts'
import { LossList } from '../../src/canonical/loss.ts'
import type { ProtocolId } from '../../src/canonical/protocol-id.ts'
import type { CanonicalRequest } from '../../src/canonical/request.ts'
import { GatewayError } from '../../src/lib/error.ts'
import { scanJson } from '../../src/lib/json.ts'
import * as messagesSupport from '../../src/protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../../src/protocols/index.ts'
import * as chatSupport from '../../src/protocols/openai-chat/test-support.ts'
import { chatMessages, chatSettings } from '../support/chat-requests.ts'
import { conversations, toChatRequest, toMessagesRequest } from '../support/conversations.ts'
import type { Conversation } from '../support/conversations.ts'
import { fixturesOf } from '../support/fixtures.ts'
import { messagesRequest, toBody } from '../support/messages-requests.ts'
import type { Json } from './harness.ts'
import { meaningOf } from './request-meaning.ts'
import type { Meaning } from './request-meaning.ts'

/**
 * Law 2: what one protocol's request means is what it means after it was written in another protocol and read again, minus
 * exactly the losses that were reported. `meaningOf` says what is compared, and what is not and why.
 */

interface Crossed {
  /** As the vendor is sent it. */
  readonly body: string
  readonly losses: readonly string[]
}

const sealer = messagesSupport.sealer

function read(protocol: ProtocolId, body: string): CanonicalRequest {
  return PROTOCOLS[protocol].client.decodeRequest(scanJson(body), { sealer, headers: {}, losses: new LossList() })
}

const readMessages = (body: string): CanonicalRequest => read('anthropic-messages', body)
const readChat = (body: string): CanonicalRequest => read('openai-chat', body)

/** To a vendor that takes all that its protocol has. */
function writeChat(request: CanonicalRequest): Crossed {
  const losses = new LossList()
  const dialect = chatSupport.dialect(
    { toolImages: true, maxStop: null, cacheMarks: 'none' },
    { efforts: EFFORTS, sendBack: 'none' },
  )
  const context = chatSupport.upstreamContext({ model: request.model, dialect, losses })
  const { body } = PROTOCOLS['openai-chat'].upstream.encodeRequest(request, context)
  return { body, losses: names(losses) }
}

function writeMessages(request: CanonicalRequest): Crossed {
  const losses = new LossList()
  const context = messagesSupport.upstreamContext({ model: request.model, losses })
  const { body } = PROTOCOLS['anthropic-messages'].upstream.encodeRequest(request, context)
  return { body, losses: names(losses) }
}

function names(losses: LossList): readonly string[] {
  return losses.losses.map(({ field }) => field).toSorted()
}

const RUNS = { numRuns: 300, seed: 1 }

/** What is reported as lost, or as said in another way, is compared no more. */
const LOST: Readonly<Record<string, keyof Meaning>> = {
  temperature: 'sampling',
  top_p: 'sampling',
  top_k: 'sampling',
  presence_penalty: 'sampling',
  frequency_penalty: 'sampling',
  seed: 'sampling',
  reasoning_effort: 'effort',
  thinking: 'effort',
  'thinking.budget_tokens': 'effort',
  'output_config.effort': 'effort',
  tool_choice: 'toolChoice',
  response_format: 'outputFormat',
  'tools.strict': 'tools',
  'tools.input_schema': 'tools',
  'tools.parameters': 'tools',
  'messages.name': 'turns',
  'messages.document': 'turns',
  stop: 'stop',
}

function minus(meaning: Meaning, losses: readonly string[]): Partial<Meaning> {
  const lost = new Set(losses.map((field) => LOST[field]))
  return Object.fromEntries(Object.entries(meaning).filter(([aspect]) => !lost.has(aspect as keyof Meaning)))
}

function expectSame(after: CanonicalRequest, before: CanonicalRequest, losses: readonly string[]): void {
  // Messages insists on a limit: where none was asked for, the model's own is written.
  const limit = before.maxOutputTokens ?? after.maxOutputTokens
  expect(minus(meaningOf(after), losses)).toEqual({
    ...minus(meaningOf(before), losses),
    maxOutputTokens: limit,
  })
}

/** The API takes no temperature but 1 while a model thinks, and no thinking where a call is forced. */
function lostFromChat({ settings, tools }: Conversation): readonly string[] {
  const isForced = tools.length > 0 && (settings.choice === 'any' || settings.choice === 'tool')
  if (settings.effort === null) return []
  if (isForced) return ['reasoning_effort']
  return settings.temperature === null || settings.temperature === 1 ? [] : ['temperature']
}

describe('law 2 over generated conversations that both protocols can hold', () => {
  it('121 round-trip identity: clients of both mean the same by the same conversation', () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        expectSame(readChat(toChatRequest(conversation)), readMessages(toMessagesRequest(conversation)), [])
      }),
      RUNS,
    )
  })

  it('121 round-trip identity: from Messages to Chat nothing is lost', () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const request = readMessages(toMessagesRequest(conversation))
        const { body, losses } = writeChat(request)
        expect(losses).toEqual([])
        expectSame(readChat(body), request, [])
      }),
      RUNS,
    )
  })

  it('121 round-trip identity: from Chat to Messages nothing is lost but what the API refuses', () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const request = readChat(toChatRequest(conversation))
        const { body, losses } = writeMessages(request)
        expect(losses).toEqual(lostFromChat(conversation))
        expectSame(readMessages(body), request, losses)
      }),
      RUNS,
    )
  })

  it('121 round-trip identity: Messages, Chat, Messages', () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const request = readMessages(toMessagesRequest(conversation))
        const { body, losses } = writeMessages(readChat(writeChat(request).body))
        expectSame(readMessages(body), request, losses)
      }),
      RUNS,
    )
  })

  it('121 round-trip identity: Chat, Messages, Chat', () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const request = readChat(toChatRequest(conversation))
        const { body, losses } = writeMessages(request)
        expectSame(readChat(writeChat(readMessages(body)).body), request, losses)
      }),
      RUNS,
    )
  })
})

/** Something that the other protocol has no word for: where it goes into a request, and what is reported for it. */
type Extra = readonly [what: string, add: (body: Json) => Json, losses: readonly string[]]

const root =
  (fields: Json): ((body: Json) => Json) =>
  (body) => ({ ...body, ...fields })
const inMessages =
  (add: (message: Json) => Json) =>
  (body: Json): Json => ({ ...body, messages: (body['messages'] as Json[]).map(add) })
const inBlocks = (type: string, fields: Json): ((body: Json) => Json) =>
  inMessages((message) => {
    const { content } = message
    if (!Array.isArray(content)) return message
    return {
      ...message,
      content: (content as Json[]).map((block) => (block['type'] === type ? { ...block, ...fields } : block)),
    }
  })
const inTools =
  (add: (tool: Json) => Json) =>
  (body: Json): Json =>
    body['tools'] === undefined ? body : { ...body, tools: (body['tools'] as Json[]).map(add) }

const FROM_MESSAGES: readonly Extra[] = [
  ['a root field', root({ container: 'c_1' }), ['container']],
  ['context management', root({ context_management: { edits: [] } }), ['context_management']],
  ['a field to come', root({ future_field: { a: 1 } }), ['future_field']],
  ['a field that says nothing', root({ service_tier: null }), []],
  ['top_k', root({ top_k: 40 }), ['top_k']],
  ['a way to show thinking', root({ thinking: { type: 'adaptive', display: 'omitted' } }), ['thinking.display']],
  ['metadata', root({ metadata: { user_id: 'ada', team: 'x' } }), ['metadata.team']],
  ['a cache mark on a text', inBlocks('text', { cache_control: { type: 'ephemeral' } }), ['messages.cache_control']],
  ['a field of a text', inBlocks('text', { future_of_text: 1 }), ['messages.future_of_text']],
  ['a field of a call', inBlocks('tool_use', { caller: { type: 'direct' } }), ['messages.caller']],
  [
    'a field of a message',
    inMessages((message) => ({ ...message, future_of_message: 1 })),
    ['messages.future_of_message'],
  ],
  [
    'a cache mark on a tool',
    inTools((tool) => ({ ...tool, cache_control: { type: 'ephemeral' } })),
    ['tools.cache_control'],
  ],
  ['examples of a tool', inTools((tool) => ({ ...tool, input_examples: [{}] })), ['tools.input_examples']],
]

const FROM_CHAT: readonly Extra[] = [
  ['log probabilities', root({ logprobs: true, top_logprobs: 2 }), ['logprobs', 'top_logprobs']],
  ['a bias', root({ logit_bias: { '5': 1 } }), ['logit_bias']],
  ['a seed', root({ seed: 7 }), ['seed']],
  ['penalties', root({ presence_penalty: 0.5, frequency_penalty: 0 }), ['presence_penalty']],
  ['verbosity', root({ verbosity: 'low' }), ['verbosity']],
  ['a prediction', root({ prediction: { type: 'content', content: 'x' } }), ['prediction']],
  ['a field to come', root({ future_field: { a: 1 } }), ['future_field']],
  ['a field that says nothing', root({ store: null, service_tier: null }), []],
  [
    'a field of a message',
    inMessages((message) => ({ ...message, future_of_message: 1 })),
    ['messages.future_of_message'],
  ],
  ['a detail of a text', inBlocks('text', { future_of_text: 1 }), ['messages.future_of_text']],
]

function withExtras(body: string, extras: readonly Extra[]): string {
  return JSON.stringify(extras.reduce((json, [, add]) => add(json), JSON.parse(body) as Json))
}

/** Of the losses that an extra brings, those that this body has a place for. */
function expectedLosses(plain: string, extras: readonly Extra[], base: readonly string[]): readonly string[] {
  const brought = extras.flatMap(([, add, losses]) => {
    const changed = JSON.stringify(add(JSON.parse(plain) as Json)) !== JSON.stringify(JSON.parse(plain))
    return changed ? losses : []
  })
  return [...new Set([...base, ...brought])].toSorted()
}

describe('law 2 over conversations with what the other protocol cannot say', () => {
  // JavaScript rounds numbers here; digits have case 61.
  it('121 round-trip identity: from Messages to Chat exactly the extras are reported', () => {
    fc.assert(
      fc.property(conversations, fc.subarray([...FROM_MESSAGES]), (conversation, extras) => {
        const plain = toMessagesRequest({ ...conversation, settings: { ...conversation.settings, effort: null } })
        const request = readMessages(withExtras(plain, extras))
        const { body, losses } = writeChat(request)
        expect(losses).toEqual(expectedLosses(plain, extras, []))
        expectSame(readChat(body), request, losses)
      }),
      RUNS,
    )
  })

  it('121 round-trip identity: from Chat to Messages exactly the extras are reported', () => {
    fc.assert(
      fc.property(conversations, fc.subarray([...FROM_CHAT]), (conversation, extras) => {
        const plain = toChatRequest(conversation)
        const request = readChat(withExtras(plain, extras))
        const { body, losses } = writeMessages(request)
        expect(losses).toEqual(expectedLosses(plain, extras, lostFromChat(conversation)))
        expectSame(readMessages(body), request, losses)
      }),
      RUNS,
    )
  })
})

const CLIENTS = [
  { from: 'anthropic-messages', to: 'openai-chat', write: writeChat },
  { from: 'openai-chat', to: 'anthropic-messages', write: writeMessages },
] as const

/** What each fixture's request loses at a vendor of the other protocol, or why it is refused. */
const FIXTURE_LOSSES: Readonly<Record<string, readonly string[] | string>> = {
  'claude-code-first-turn': [
    'context_management',
    'messages.cache_control',
    'messages.output_config',
    'thinking.display',
  ],
  'claude-code-tool-loop': [
    'context_management',
    'messages.cache_control',
    'messages.is_error',
    'messages.output_config',
    'thinking.display',
  ],
  'images-and-documents': ['messages.cache_control', 'messages.citations'],
  'max-tokens': ['top_k'],
  'stop-sequence': [],
  'structured-output': [],
  'thinking-shown': ['thinking.budget_tokens'],
  'web-search': ['tools.max_uses'],
  future: 'tools: this model has no tool of type "future_tool_20270101" (teleport).',
  pause: 'tools: this model has no tool of type "web_fetch_20250910" (web_fetch).',
  'azure-content-filter': ['frequency_penalty', 'logit_bias', 'seed', 'top_p'],
  // The turn with the call has lost its thinking: Claude cannot go on thinking in it.
  'deepseek-reasoning': ['messages.reasoning_content', 'reasoning_effort'],
  'groq-usage': ['reasoning_effort', 'reasoning_format'],
  'images-and-files': ['messages.image_url.detail'],
  'json-schema': ['verbosity'],
  'legacy-functions': [],
  length: ['stop'],
  'openrouter-reasoning-details': [],
  'parallel-tools': ['messages.name'],
  refusal: [],
  'search-annotations': ['web_search_options'],
  text: ['prompt_cache_key'],
}

/** A document of plain text is shown to models of other vendors as text, with its title and context in front. */
const SAID_OTHERWISE: Readonly<Record<string, readonly string[]>> = { 'images-and-documents': ['messages.document'] }

const FIXTURES = CLIENTS.flatMap((way) =>
  fixturesOf(way.from).map((fixture) => ({ ...way, request: fixture.request, name: fixture.name })),
)

describe('law 2 over fixtures', () => {
  it.each(FIXTURES)('121 round-trip identity: $from, $name, to $to', ({ from, to, write, request, name }) => {
    const expected = FIXTURE_LOSSES[name]
    const before = read(from, request)
    if (typeof expected === 'string') {
      expect(() => write(before)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', message: expected }))
      return
    }
    const { body, losses } = write(before)
    expect(losses).toEqual(expected)
    expectSame(read(to, body), before, [...losses, ...(SAID_OTHERWISE[name] ?? [])])
  })
})

/** Whatever has no typed field, by name; what is withheld or has no words is not missed. */
function extrasOf(node: unknown): readonly string[] {
  if (node instanceof Map || node === null || typeof node !== 'object') return []
  const { kind, deferred, ext } = node as Partial<{ kind: string; deferred: boolean; ext: CanonicalRequest['ext'] }>
  if (kind === 'reasoning' || deferred === true) return []
  const own = [...(ext?.fields ?? [])].filter(([field, value]) => !field.startsWith('$') && value !== 'null')
  return [...own.map(([field]) => field), ...Object.values(node).flatMap(extrasOf)]
}

/** Whose words are gone as a whole: a result that answers no call is reported, and what it held is not. */
function isReported(field: string, losses: readonly string[]): boolean {
  return losses.some((loss) => loss === field || loss.endsWith(`.${field}`) || loss === 'messages.tool_result')
}

const WIDE = {
  'anthropic-messages': messagesRequest.map((body) => toBody({ ...body, safeguards: null })),
  'openai-chat': fc
    .tuple(chatMessages, chatSettings)
    .map(([messages, settings]) => JSON.stringify({ model: 'm', ...settings, messages, modalities: null })),
}

describe('law 2 over whatever a client may send', () => {
  it.each(CLIENTS)('121 round-trip identity: from $from to $to nothing unknown goes unreported', ({ from, write }) => {
    let crossed = 0
    fc.assert(
      fc.property(WIDE[from], (body) => {
        const request = read(from, body)
        try {
          const { losses } = write(request)
          expect(extrasOf(request).filter((field) => !isReported(field, losses))).toEqual([])
          crossed += 1
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          expect(error.code).toBe('unsupported_parameter')
        }
      }),
      { numRuns: 1000, seed: 1 },
    )
    expect(crossed).toBeGreaterThan(300)
  })
})
