import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Part, Seal } from '../../canonical/content.ts'
import type { ReasoningRequest } from '../../canonical/request.ts'
import { scanJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { LossList } from '../../canonical/loss.ts'
import { ANTHROPIC_MESSAGES_DIALECT } from '../dialect.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import {
  assistant,
  call,
  capabilities,
  decoded,
  ext,
  foreignRequest,
  message,
  resent,
  result,
  sealer,
  sent,
  text,
  upstreamContext,
  user,
} from './test-support.ts'

const BASE = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }
const schema = (value: object): JsonText => JSON.stringify(value) as JsonText

function reasoning(changes: Partial<ReasoningRequest>): ReasoningRequest {
  return { mode: 'default', budget: null, effort: null, display: null, ...changes }
}

function reasoningPart(seal: Seal | null): Part {
  return { kind: 'reasoning', text: '"hm"' as JsonText, seal, cache: null, ext: null }
}

function jsonSchema(value: object) {
  return { type: 'json-schema' as const, name: 'answer', description: null, schema: schema(value), strict: true }
}

describe('encodeRequest() of a request in this protocol', () => {
  it('writes the upstream name of the model', () => {
    expect(resent(BASE, { model: 'claude-up' }).body['model']).toBe('claude-up')
  })

  it('drops sampling for models that refuse it, and says so (case 50)', () => {
    const { body, losses } = resent(
      { ...BASE, temperature: 0.5, top_p: 0.9, top_k: 3 },
      { capabilities: capabilities({ sampling: false }) },
    )
    expect(body).not.toHaveProperty('temperature')
    expect(losses).toEqual(['temperature', 'top_p', 'top_k'])
  })

  it("clamps max_tokens to the model's (case 56), and forwards 0 (case 55)", () => {
    const small = { capabilities: capabilities({ maxOutputTokens: 8192 }) }
    expect(resent({ ...BASE, max_tokens: 128_000 }, small)).toMatchObject({
      body: { max_tokens: 8192 },
      losses: ['max_tokens'],
    })
    expect(resent({ ...BASE, max_tokens: 0 }, small)).toMatchObject({ body: { max_tokens: 0 }, losses: [] })
  })

  it('keeps a thinking budget below a clamped max_tokens', () => {
    const { body, losses } = resent(
      { ...BASE, max_tokens: 64_000, thinking: { type: 'enabled', budget_tokens: 31_999 } },
      { capabilities: capabilities({ maxOutputTokens: 8192 }) },
    )
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 7168 })
    expect(losses).toEqual(['max_tokens', 'thinking.budget_tokens'])
  })

  it.each([
    [{ type: 'enabled', budget_tokens: 8192 }, ['adaptive'], { type: 'adaptive' }, 'medium'],
    [
      { type: 'adaptive', display: 'omitted' },
      ['enabled'],
      { type: 'enabled', budget_tokens: 8976, display: 'omitted' },
      undefined,
    ],
    [{ type: 'disabled' }, ['adaptive', 'between_tools'], { type: 'between_tools' }, undefined],
    [{ type: 'between_tools' }, ['enabled', 'disabled'], { type: 'disabled' }, undefined],
    [{ type: 'disabled' }, ['adaptive'], undefined, undefined],
    [{ type: 'enabled', budget_tokens: 2048 }, [], undefined, undefined],
  ] as const)('fits thinking %j to a model that takes %j', (thinking, types, expected, effort) => {
    const { body, losses } = resent(
      { ...BASE, max_tokens: 10_000, thinking },
      { capabilities: capabilities({ thinking: types }) },
    )
    expect(body['thinking']).toEqual(expected)
    expect(body['output_config']).toEqual(effort === undefined ? undefined : { effort })
    expect(losses.length).toBeGreaterThan(0)
  })

  it('leaves no untyped rest of what a model does not take', () => {
    const { body } = resent(
      {
        ...BASE,
        thinking: { type: 'adaptive', block_binding: { x: 1 } },
        output_config: { format: { type: 'json_schema', schema: { type: 'object' }, name: 'x' } },
      },
      { capabilities: capabilities({ thinking: [], structuredOutput: false }) },
    )
    expect(body).not.toHaveProperty('thinking')
    expect(body).not.toHaveProperty('output_config')
  })

  it('sends the nearest effort that is not higher, and reports it', () => {
    const efforts = { capabilities: capabilities({ efforts: ['low', 'medium', 'high'] }) }
    expect(resent({ ...BASE, output_config: { effort: 'max' } }, efforts)).toMatchObject({
      body: { output_config: { effort: 'high' } },
      losses: ['output_config.effort'],
    })
    expect(
      resent({ ...BASE, output_config: { effort: 'max' } }, { capabilities: capabilities({ efforts: [] }) }),
    ).toEqual({
      body: expect.not.objectContaining({ output_config: expect.anything() }),
      losses: ['output_config.effort'],
    })
  })

  it('tells models that cannot be forced to call a tool', () => {
    const { body, losses } = resent(
      { ...BASE, tools: [{ name: 'read', input_schema: {} }], tool_choice: { type: 'tool', name: 'read' } },
      { capabilities: capabilities({ forcedToolChoice: false }) },
    )
    expect(body['tool_choice']).toEqual({ type: 'auto' })
    expect(body['system']).toEqual([{ type: 'text', text: 'Answer by calling the tool "read".' }])
    expect(losses).toEqual(['tool_choice'])
  })

  it('leaves system messages where they stand', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'mind', output_config: { effort: 'low' } },
    ]
    const { body, losses } = resent({ ...BASE, messages })
    expect(body['messages']).toEqual(messages)
    expect(losses).toEqual([])
  })

  it('has the user say them where the model takes none, at the same place (case 39)', () => {
    const cached = { cache_control: { type: 'ephemeral' } }
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'mind', output_config: { effort: 'low' } },
      { role: 'system', content: [], output_config: { effort: 'low' } },
      { role: 'assistant', content: 'b' },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'more', ...cached },
          { type: 'text', text: '"two"' },
        ],
      },
    ]
    const { body, losses } = resent({ ...BASE, messages }, { capabilities: capabilities({ midSystem: false }) })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: '<system-reminder>\nmind\n</system-reminder>' }] },
      { role: 'assistant', content: 'b' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>\nmore\n</system-reminder>', ...cached },
          { type: 'text', text: '<system-reminder>\n"two"\n</system-reminder>' },
        ],
      },
    ])
    expect(losses).toEqual(['messages.output_config', 'messages.role'])
  })

  it('puts such words behind the results that must follow their calls', () => {
    const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
    const outcome = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
    const calls = { role: 'assistant', content: [use('t1'), use('t2')] }
    const first = { role: 'user', content: [outcome('t1')] }
    const second = { role: 'user', content: [outcome('t2')] }
    const system = { role: 'system', content: 'mind' }
    const said = { role: 'user', content: [{ type: 'text', text: '<system-reminder>\nmind\n</system-reminder>' }] }
    const reordered = (...messages: Parameters<typeof resent>[0][]): unknown =>
      resent({ ...BASE, messages }, { capabilities: capabilities({ midSystem: false }) }).body['messages']
    const start = { role: 'user', content: 'a' }
    expect(reordered(start, calls, system, first, second)).toEqual([start, calls, first, second, said])
    expect(reordered(start, calls, first, system, second)).toEqual([start, calls, first, second, said])
    expect(reordered(start, calls, first, second, system)).toEqual([start, calls, first, second, said])
    expect(reordered(start, calls, first, second, system, start)).toEqual([start, calls, first, second, said, start])
    expect(reordered(system, start)).toEqual([said, start])
  })

  it('strips the billing line for other hosts and leaves it for Anthropic (case 70)', () => {
    const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.d64; cc_entrypoint=sdk-cli;' }
    const identity = { type: 'text', text: 'You are...' }
    const strip = { ...ANTHROPIC_MESSAGES_DIALECT, billingHeader: 'strip' as const }
    expect(resent({ ...BASE, system: [billing, identity] }).body['system']).toEqual([billing, identity])
    expect(resent({ ...BASE, system: [billing, identity] }, { dialect: strip })).toMatchObject({
      body: { system: [identity] },
      losses: [],
    })
    expect(resent({ ...BASE, system: [billing] }, { dialect: strip }).body).not.toHaveProperty('system')
  })

  it('hashes the user for other hosts (case 71)', () => {
    const hash = { ...ANTHROPIC_MESSAGES_DIALECT, userId: 'hash' as const }
    const body = { ...BASE, metadata: { user_id: 'me@example.test', team: 'x' } }
    expect(resent(body).body['metadata']).toEqual({ user_id: 'me@example.test', team: 'x' })
    expect(resent(body, { dialect: hash }).body['metadata']).toEqual({
      user_id: expect.stringMatching(/^[0-9a-f]{64}$/),
      team: 'x',
    })
  })

  it('never sends half a surrogate pair', () => {
    expect(JSON.stringify(resent({ ...BASE, system: 'a\ud83d' }).body)).toContain('a\ufffd')
  })
})

describe('encodeRequest() of messages that the gateway put together', () => {
  const history = [user('Look'), assistant(call('call_1'), call('a.b')), user(result('a.b')), user(result('call_1'))]

  it('brings them into shape, and keeps what the client of this protocol asks besides', () => {
    const request = decoded({ ...BASE, top_k: 5, future: { a: 1 } })
    const { body, losses } = sent({ ...request, messages: [...history, ...request.messages], assembled: true })
    expect(body).toMatchObject({ top_k: 5, future: { a: 1 } })
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ id: 'call_1' }, { type: 'tool_use' }] },
      { role: 'user', content: [{ tool_use_id: 'call_1' }, { type: 'tool_result' }, { type: 'text' }] },
    ])
    expect(JSON.stringify(body)).not.toContain('"a.b"')
    expect(losses).toEqual([])
  })

  it('keeps the files of this vendor', () => {
    const file = { type: 'image', source: { type: 'file', file_id: 'file_1' } }
    const request = decoded({ ...BASE, messages: [{ role: 'user', content: [file] }] })
    expect(sent({ ...request, assembled: true }).body['messages']).toEqual([{ role: 'user', content: [file] }])
  })

  it('reports what a message says about itself', () => {
    const request = decoded({ ...BASE, messages: [{ role: 'user', content: 'a', future: 1 }] })
    expect(sent({ ...request, assembled: true }).losses).toEqual(['messages.future'])
  })
})

describe('encodeRequest() and sealed reasoning', () => {
  const thinking = (signature: string): object => ({
    ...BASE,
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature }] },
      { role: 'user', content: 'b' },
    ],
  })
  const seal = (provider: string, kind: Seal['kind'] = 'signature'): Seal => ({
    kind,
    value: 'sig',
    origin: { provider, protocol: 'anthropic-messages', model: 'x' },
  })

  it('sends back what the client holds bare, byte for byte (case 43)', () => {
    const content = [
      { type: 'thinking', thinking: '', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'cmVk' },
      { type: 'tool_use', id: 'toolu_1', name: 'n', input: {} },
    ]
    const messages = [
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ]
    expect(resent({ ...BASE, messages }).body['messages']).toEqual(messages)
  })

  it('opens a carrier for its own provider (case 46)', () => {
    const body = thinking(sealer.close(seal('minimax'), 0)) as never
    expect(resent(body, { provider: 'minimax' }).body['messages']).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'hm', signature: 'sig' }] },
      {},
    ])
  })

  it('keeps a carrier from everybody else, without reporting a loss: the client still has it (case 44)', () => {
    for (const origin of [
      seal('openrouter'),
      { ...seal('x'), origin: { provider: 'openai', protocol: 'openai-chat', model: 'g' } } as Seal,
    ]) {
      const { body, losses } = resent(thinking(sealer.close(origin, 0)) as never)
      expect(body['messages']).toEqual([
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
      ])
      expect(losses).toEqual([])
    }
  })

  it.each(['', 'ucr1.k.x.forged'])('leaves reasoning with the signature %j out', (signature) => {
    const { body } = resent(thinking(signature) as never)
    expect(JSON.stringify(body)).not.toMatch(/thinking|ucr1/)
  })

  it('reports a carrier that is not ours, text or not (case 45)', () => {
    const losses = new LossList()
    const content = [{ type: 'redacted_thinking', data: 'ucr1.k.x.forged' }]
    const body = JSON.stringify({ ...BASE, messages: [{ role: 'assistant', content }] })
    const [turn] = decodeRequest(scanJson(body), { sealer, headers: {}, losses }).messages
    expect(turn?.parts).toMatchObject([{ kind: 'reasoning', seal: null }])
    expect(losses.losses.map(({ field }) => field)).toEqual(['messages.thinking'])
  })

  describe('in the middle of a tool loop, whose turn must begin with its thinking where there is a budget', () => {
    const elsewhere = sealer.close(
      { ...seal('x'), origin: { provider: 'kimi', protocol: 'openai-chat', model: 'k' } },
      0,
    )
    const use = { type: 'tool_use', id: 't', name: 'n', input: {} }
    const loop = (...first: object[]): object => ({
      ...BASE,
      max_tokens: 8000,
      thinking: { type: 'enabled', budget_tokens: 4000 },
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [...first, use] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't' }] },
      ],
    })
    const foreign = { type: 'thinking', thinking: 'hm', signature: elsewhere }

    it.each([
      [['enabled', 'disabled'], { type: 'disabled' }],
      [['enabled', 'adaptive', 'disabled'], { type: 'adaptive' }],
      [['enabled'], undefined],
    ] as const)('a model that takes %j goes on without a budget (case 44)', (thinkingTypes, expected) => {
      const { body, losses } = resent(loop(foreign) as never, {
        capabilities: capabilities({ thinking: thinkingTypes, efforts: [] }),
      })
      expect(body['thinking']).toEqual(expected)
      expect(losses).toContain('thinking')
    })

    it.each([
      ['thinking of its own', loop({ type: 'thinking', thinking: 'hm', signature: 'c2ln' })],
      ['a client that left the thinking out itself', loop()],
    ])('leaves the budget alone with %s', (_what, body) => {
      const outcome = resent(body as never)
      expect(outcome.body['thinking']).toEqual({ type: 'enabled', budget_tokens: 4000 })
      expect(outcome.losses).toEqual([])
    })

    it('does so for clients of another protocol, which seldom bring reasoning back', () => {
      const messages = [user('a'), assistant(call('t')), user(result('t'))]
      const request = foreignRequest({ maxOutputTokens: 32_000, reasoning: reasoning({ effort: 'high' }), messages })
      const limits = { capabilities: capabilities({ thinking: ['enabled', 'disabled'], efforts: [] }) }
      const { body, losses } = sent(request, limits)
      expect([body['thinking'], losses]).toEqual([{ type: 'disabled' }, ['reasoning_effort']])
      const answered = { ...request, messages: [...messages, assistant('done'), user('b')] }
      expect(sent(answered, limits).body['thinking']).toMatchObject({ type: 'enabled' })
    })
  })

  it('leaves out what a carrier only marks as unsigned, and gives it back to the host that made it', () => {
    const unsigned = sealer.close({ kind: 'signature', value: '', origin: null }, 0)
    expect(JSON.stringify(resent(thinking(unsigned) as never).body)).not.toContain('thinking')
    const own = sealer.close({ ...seal('kimi'), value: '' }, 0)
    expect(resent(thinking(own) as never, { provider: 'kimi' }).body['messages']).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'hm', signature: '' }] },
      {},
    ])
  })

  it('leaves all of it out for hosts that take none', () => {
    const dialect = { ...ANTHROPIC_MESSAGES_DIALECT, thinkingSignatures: false }
    expect(JSON.stringify(resent(thinking('c2ln') as never, { dialect }).body)).not.toContain('thinking')
  })

  it('sends nothing that another protocol brought without saying where it came from', () => {
    const messages = [
      user('a'),
      assistant(reasoningPart(null), reasoningPart({ kind: 'signature', value: 's', origin: null }), 'b'),
      user('c'),
    ]
    const { body, losses } = sent(foreignRequest({ messages }))
    expect(JSON.stringify(body)).not.toContain('thinking')
    expect(losses).toEqual(['messages.reasoning_content'])
  })

  it('restores sealed and redacted reasoning of this provider in a conversation of another protocol (case 46)', () => {
    const messages = [
      user('a'),
      assistant(reasoningPart(seal('anthropic')), reasoningPart(seal('anthropic', 'redacted')), 'b'),
    ]
    expect(sent(foreignRequest({ messages })).body['messages']).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'sig' },
          { type: 'text', text: 'b' },
        ],
      },
    ])
  })
})

describe('encodeRequest() of a request in another protocol', () => {
  it('writes the version header that the client did not give', () => {
    expect(encodeRequest(foreignRequest(), upstreamContext()).headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })

  it.each([
    ['behind a user, at the end', [user('a'), message('system', ['s'])], ['user', 'system'], []],
    [
      'behind a user, in front of the model',
      [user('a'), message('system', ['s']), assistant('b'), user('c')],
      ['user', 'system', 'assistant', 'user'],
      [],
    ],
    [
      'behind the model',
      [user('a'), assistant('b'), message('system', ['s']), user('c')],
      ['user', 'assistant', 'user'],
      ['messages.role'],
    ],
    ['in front of a user', [user('a'), message('system', ['s']), user('c')], ['user'], ['messages.role']],
    [
      'between a call and its result',
      [user('a'), assistant(call('t')), message('system', ['s']), user(result('t'))],
      ['user', 'assistant', 'user'],
      ['messages.role'],
    ],
  ] as const)('keeps a system message %s only where the API takes one (case 39)', (_where, messages, roles, losses) => {
    const outcome = sent(foreignRequest({ messages }))
    const list = outcome.body['messages'] as { role: string }[]
    expect(list.map(({ role }) => role)).toEqual(roles)
    expect(outcome.losses).toEqual(losses)
    expect(JSON.stringify(list)).toMatch(/"(?:s|<system-reminder>\\ns\\n<\/system-reminder>)"/)
  })

  it('asks for as many tokens as the model has, where the client named no limit', () => {
    expect(sent(foreignRequest()).body['max_tokens']).toBe(8192)
    const known = { capabilities: capabilities({ maxOutputTokens: 64_000 }) }
    expect(sent(foreignRequest(), known).body['max_tokens']).toBe(64_000)
  })

  it('reports what this protocol cannot say (case 80)', () => {
    const none = { temperature: null, topP: null, topK: null }
    const { losses } = sent(
      foreignRequest({
        ext: ext({ logprobs: true, logit_bias: { '1': 2 }, store: null, $shape: 1 }),
        messages: [{ ...user({ ...text('a'), ext: ext({ detail: 'x' }) }), ext: ext({ audio: {} }) }],
        sampling: {
          ...none,
          presencePenalty: '1' as JsonText,
          frequencyPenalty: '0' as JsonText,
          seed: '7' as JsonText,
        },
      }),
    )
    expect(losses).toEqual(['logprobs', 'logit_bias', 'messages.audio', 'messages.detail', 'presence_penalty', 'seed'])
  })

  it.each([
    ['n', { n: 2 }],
    ['modalities', { modalities: ['text', 'audio'], audio: {} }],
  ])('refuses %s, without which the answer would be another one (cases 78, 84)', (param, fields) => {
    expect(() => sent(foreignRequest({ ext: ext(fields) }))).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param }),
    )
  })

  it('takes a single answer in text for what it is', () => {
    expect(sent(foreignRequest({ ext: ext({ n: 1, modalities: ['text'] }) })).losses).toEqual([])
  })

  it('keeps leading instructions in system and later ones in place', () => {
    const { body } = sent(
      foreignRequest({
        instructions: [text('one'), text(' '), text('two')],
        messages: [user('a'), message('system', ['mind']), assistant('b'), user('c')],
      }),
    )
    expect(body['system']).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ])
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'system', content: [{ text: 'mind' }] },
      { role: 'assistant' },
      { role: 'user' },
    ])
  })

  it('lets a user speak first', () => {
    expect(sent(foreignRequest({ messages: [assistant('hello')] })).body['messages']).toMatchObject([
      { role: 'user', content: [{ text: 'Begin.' }] },
      { role: 'assistant' },
    ])
    expect(sent(foreignRequest({ instructions: [text('x')], messages: [] })).losses).toEqual(['messages'])
  })

  it('leaves blank texts out and trims the end of a final assistant text', () => {
    const messages = [user('a', '', ' \n\t'), assistant(''), user('b'), assistant('go on \n')]
    expect(sent(foreignRequest({ messages })).body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'go on' }] },
    ])
  })

  it('writes names in front of the text (case 81)', () => {
    const { body, losses } = sent(foreignRequest({ messages: [{ ...user('hi'), name: 'Ann' }] }))
    expect(body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Ann: hi' }] }])
    expect(losses).toEqual(['messages.name'])
  })

  it('refuses audio with the name of the parameter (case 84)', () => {
    const audio: Part = {
      kind: 'media',
      media: 'audio',
      source: { type: 'base64', mediaType: 'audio/wav', data: '"aGk="' as JsonText },
      title: null,
      context: null,
      cache: null,
      ext: null,
    }
    expect(() => sent(foreignRequest({ messages: [user('a'), user('b', audio)] }))).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'messages.1', status: 400 }),
    )
  })

  it('sends images in results of tools, and reports files that live elsewhere', () => {
    const image = (source: object): Part =>
      ({ kind: 'media', media: 'image', source, title: null, context: null, cache: null, ext: null }) as Part
    const shown = image({ type: 'url', url: '"https://e.test/a.png"' })
    const { body, losses } = sent(
      foreignRequest({
        messages: [
          user('a'),
          assistant(call('t1'), shown),
          user({ ...result('t1'), content: [shown, image({ type: 'file', id: '"f1"' })] } as Part),
        ],
      }),
    )
    expect(body['messages']).toMatchObject([
      {},
      { content: [{ type: 'tool_use' }] },
      {
        content: [
          { type: 'tool_result', content: [{ type: 'image', source: { type: 'url', url: 'https://e.test/a.png' } }] },
        ],
      },
    ])
    expect(losses).toEqual(['messages.image', 'messages.file_id'])
  })

  it('sends text files as text: as bytes the API takes only PDFs', () => {
    const file = (mediaType: string): Part => ({
      kind: 'media',
      media: 'document',
      source: { type: 'base64', mediaType, data: '"aMOp"' as JsonText },
      title: '"a.txt"' as JsonText,
      context: null,
      cache: null,
      ext: null,
    })
    const { body } = sent(foreignRequest({ messages: [user(file('text/csv'), file('application/pdf'))] }))
    expect(body['messages']).toMatchObject([
      {
        content: [
          { type: 'document', title: 'a.txt', source: { type: 'text', media_type: 'text/plain', data: 'hé' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf' } },
        ],
      },
    ])
  })

  it('makes ids and names of tools acceptable, always the same way, and gives the names back (cases 59, 85, 123)', () => {
    const request = foreignRequest({
      tools: [
        {
          kind: 'function',
          name: 'my.tool',
          description: null,
          inputSchema: null,
          strict: null,
          deferred: false,
          cache: null,
          ext: null,
        },
        {
          kind: 'function',
          name: 'x'.repeat(200),
          description: null,
          inputSchema: null,
          strict: null,
          deferred: false,
          cache: null,
          ext: null,
        },
        {
          kind: 'function',
          name: 'plain',
          description: null,
          inputSchema: null,
          strict: null,
          deferred: false,
          cache: null,
          ext: null,
        },
      ],
      toolChoice: { type: 'tool', name: 'my.tool' },
      messages: [
        user('a'),
        assistant(call('call|1'.repeat(40), 'my.tool'), call('call_2', 'gone tool')),
        user(result('call|1'.repeat(40)), result('call_2')),
      ],
    })
    const { toolNames, body } = encodeRequest(request, upstreamContext())
    const again = encodeRequest(request, upstreamContext())
    expect(again.body).toBe(body)
    const names = (JSON.parse(body) as { tools: { name: string }[] }).tools.map(({ name }) => name)
    for (const name of names) expect(name).toMatch(/^[\w-]{1,128}$/)
    expect(names[2]).toBe('plain')
    expect([...toolNames.values()].sort()).toEqual(['gone tool', 'my.tool', 'x'.repeat(200)].sort())
    expect(toolNames.get(names[0] ?? '')).toBe('my.tool')
    expect(JSON.parse(body)).toMatchObject({
      tool_choice: { type: 'tool', name: names[0] },
      messages: [
        {},
        { content: [{ id: expect.stringMatching(/^toolu_\w{24}$/), name: names[0] }, { id: 'call_2' }] },
        { content: [{ tool_use_id: expect.stringMatching(/^toolu_\w{24}$/) }, { tool_use_id: 'call_2' }] },
      ],
    })
  })

  it('writes arguments that are no object as one member', () => {
    const broken: Part = {
      ...(call('t1') as Part & { kind: 'tool-call' }),
      input: '"{\\"a\\":"' as JsonText,
      invalid: true,
    }
    const { body, losses } = sent(foreignRequest({ messages: [user('a'), assistant(broken), user(result('t1'))] }))
    expect(body['messages']).toMatchObject([{}, { content: [{ input: { _raw: '{"a":' } }] }, {}])
    expect(losses).toEqual(['messages.tool_calls.arguments'])
  })

  it.each([
    [{ toolChoice: { type: 'required' as const } }, { type: 'any' }],
    [
      { toolChoice: null, parallelToolCalls: false },
      { type: 'auto', disable_parallel_tool_use: true },
    ],
    [{ toolChoice: { type: 'none' as const }, parallelToolCalls: false }, { type: 'none' }],
    [{ toolChoice: { type: 'auto' as const }, parallelToolCalls: true }, { type: 'auto' }],
  ])('says tool_choice for %j', (changes, expected) => {
    const tools = [
      {
        kind: 'function',
        name: 'n',
        description: null,
        inputSchema: null,
        strict: null,
        deferred: false,
        cache: null,
        ext: null,
      } as const,
    ]
    expect(sent(foreignRequest({ tools, ...changes })).body['tool_choice']).toEqual(expected)
    expect(sent(foreignRequest({ tools: [], ...changes })).body).not.toHaveProperty('tool_choice')
  })

  it('leaves blank stop sequences out', () => {
    expect(sent(foreignRequest({ stop: ['END', ' \n', ''] }))).toMatchObject({
      body: { stop_sequences: ['END'] },
      losses: ['stop'],
    })
  })

  it('clamps the temperature to 1 and sends no top_p beside it', () => {
    const sampling = { ...foreignRequest().sampling, temperature: '1.7' as JsonText, topP: '0.5' as JsonText }
    expect(sent(foreignRequest({ sampling }))).toMatchObject({
      body: { temperature: 1 },
      losses: ['temperature', 'top_p'],
    })
    expect(
      sent(foreignRequest({ sampling: { ...sampling, temperature: '0.50' as JsonText, topP: '1' as JsonText } })),
    ).toEqual({
      body: expect.objectContaining({ temperature: 0.5 }),
      losses: [],
    })
  })

  it.each([
    [
      'high',
      { thinking: ['adaptive'], efforts: ['low', 'high'] },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'xhigh',
      { thinking: ['adaptive'], efforts: ['low', 'high'] },
      { output_config: { effort: 'high' } },
      ['reasoning_effort'],
    ],
    ['medium', { thinking: ['enabled'], efforts: [] }, { thinking: { type: 'enabled', budget_tokens: 8192 } }, []],
    ['minimal', { thinking: ['enabled'], efforts: [] }, { thinking: { type: 'enabled', budget_tokens: 1024 } }, []],
    ['none', { thinking: ['adaptive', 'disabled'], efforts: ['low'] }, { thinking: { type: 'disabled' } }, []],
    ['high', { thinking: [], efforts: [] }, {}, ['reasoning_effort']],
  ] as const)('maps effort %s for a model with %j', (effort, abilities, expected, losses) => {
    const outcome = sent(foreignRequest({ maxOutputTokens: 32_000, reasoning: reasoning({ effort }) }), {
      capabilities: capabilities(abilities),
    })
    expect(outcome.body).toMatchObject(expected)
    expect(outcome.losses).toEqual(losses)
  })

  it('does not think where a call is forced, nor samples while it thinks', () => {
    const tools = [
      {
        kind: 'function',
        name: 'n',
        description: null,
        inputSchema: null,
        strict: null,
        deferred: false,
        cache: null,
        ext: null,
      } as const,
    ]
    const forced = sent(
      foreignRequest({ tools, toolChoice: { type: 'required' }, reasoning: reasoning({ effort: 'high' }) }),
    )
    expect(forced.body).not.toHaveProperty('thinking')
    expect(forced.losses).toEqual(['reasoning_effort'])
    const sampling = { ...foreignRequest().sampling, temperature: '0.2' as JsonText }
    const thinking = sent(foreignRequest({ sampling, reasoning: reasoning({ effort: 'high' }) }))
    expect(thinking.body).not.toHaveProperty('temperature')
    expect(thinking.losses).toEqual(['temperature'])
  })

  it('asks for structured output with a schema that is accepted (case 79)', () => {
    const { body, losses } = sent(
      foreignRequest({
        outputFormat: jsonSchema({ type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }),
      }),
    )
    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { a: { type: 'integer', description: '(minimum: 1)' } },
          additionalProperties: false,
        },
      },
    })
    expect(losses).toEqual(['response_format.json_schema.schema'])
  })

  it('takes the answer through a tool where structured output is missing (case 79)', () => {
    const outputFormat = jsonSchema({ type: 'object', properties: {} })
    const without = { capabilities: capabilities({ structuredOutput: false }) }
    const request = foreignRequest({ outputFormat })
    expect(encodeRequest(request, upstreamContext(without)).outputTool).toBe('json_answer')
    expect(sent(request, without)).toMatchObject({
      body: {
        tools: [{ name: 'json_answer', input_schema: { type: 'object', properties: {} } }],
        tool_choice: { type: 'tool', name: 'json_answer' },
      },
      losses: [],
    })
    const thinking = sent(foreignRequest({ outputFormat, reasoning: reasoning({ effort: 'high' }) }), without)
    expect(thinking.body).toMatchObject({ tool_choice: { type: 'auto' }, thinking: { type: 'adaptive' } })
    expect(thinking.body['system']).toMatchObject([{ text: 'Answer by calling the tool "json_answer".' }])
  })

  it('tells the model what cannot be had otherwise', () => {
    expect(sent(foreignRequest({ outputFormat: { type: 'json-object' } }))).toMatchObject({
      body: { system: [{ text: 'Answer with one JSON object and nothing else.' }] },
      losses: ['response_format'],
    })
    const array = sent(foreignRequest({ outputFormat: jsonSchema({ type: 'array' }) }), {
      capabilities: capabilities({ structuredOutput: false }),
    })
    expect(array.body['system']).toMatchObject([{ text: expect.stringContaining('{"type":"array"}') }])
  })

  it('hashes the user', () => {
    expect(sent(foreignRequest({ user: 'me' })).body['metadata']).toEqual({
      user_id: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('reports tools and parts that only their own vendor knows', () => {
    const { losses } = sent(
      foreignRequest({
        tools: [{ kind: 'opaque', type: 'custom', name: 'x', protocol: 'openai-chat', raw: schema({}) }],
        messages: [user('a', { kind: 'opaque', protocol: 'openai-chat', type: 'input_hologram', raw: schema({}) })],
      }),
    )
    expect(losses).toEqual(['tools.custom', 'messages.input_hologram'])
  })

  it("keeps this vendor's own blocks of a paused turn (case 66)", () => {
    const raw = schema({ type: 'server_tool_use', id: 's1', name: 'web_search', input: {} })
    const paused: Part = { kind: 'opaque', protocol: 'anthropic-messages', type: 'server_tool_use', raw }
    expect(sent(foreignRequest({ messages: [user('a'), assistant('b', paused)] })).body['messages']).toMatchObject([
      {},
      { content: [{ type: 'text' }, { type: 'server_tool_use', id: 's1' }] },
    ])
  })

  it('keeps the bytes of a prefix when the conversation grows (case 40, property)', () => {
    const turn = fc.constantFrom(
      [user('hi')],
      [assistant('yes'), user('and?')],
      [assistant(call('c|1', 'my.tool')), user(result('c|1'))],
      [assistant('a', call('call_9')), user(result('call_9'), 'go')],
      [message('system', ['mind'])],
    )
    const messagesOf = (body: string): string => body.slice(body.indexOf('"messages":['))
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), (turns) => {
        const all = [user('first'), ...turns.flat()]
        // The last message may still grow by what follows it; all before it must stand.
        const encoded = encodeRequest(
          foreignRequest({ messages: [...all, assistant('x'), user('next')] }),
          upstreamContext(),
        )
        const earlier = encodeRequest(foreignRequest({ messages: [...all, assistant('x')] }), upstreamContext())
        const prefix = messagesOf(earlier.body).replace(/\]\}*$/, '')
        expect(messagesOf(encoded.body).startsWith(prefix)).toBe(true)
      }),
    )
  })
})
