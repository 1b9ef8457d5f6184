import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { ANTHROPIC_MESSAGES_DIALECT } from '../dialect.ts'
import type { ChatDialect } from '../dialect.ts'
import type { PassthroughTarget, Splice } from '../protocol.ts'
import { edits } from './passthrough-edits.ts'
import { peek } from './peek.ts'
import { capabilities, dialect } from './test-support.ts'

type Fields = Record<string, JsonValue>

const HI = [{ role: 'user', content: 'hi' }]

function splices(
  body: string,
  vendor: ChatDialect = dialect(),
  target: Partial<PassthroughTarget> = {},
): readonly Splice[] | null {
  const at = { operation: 'generate' as const, path: '/v1/chat/completions', query: '', headers: {} }
  const envelope = peek(Buffer.from(body), at, { maxDepth: 64 })
  return edits(envelope, { model: 'm', capabilities: capabilities(), ...target }, vendor)
}

/** The edited text, or null for a request that must be translated. */
function edited(body: string, vendor?: ChatDialect, target?: Partial<PassthroughTarget>): string | null {
  const list = splices(body, vendor, target)
  if (list === null) return null
  const bytes = Buffer.from(body)
  let out = ''
  let at = 0
  for (const { start, end, bytes: inserted } of list) {
    expect(start).toBeGreaterThanOrEqual(at)
    out += bytes.subarray(at, start).toString() + inserted.toString()
    at = end
  }
  return out + bytes.subarray(at).toString()
}

function editedJson(fields: Fields, vendor?: ChatDialect, target?: Partial<PassthroughTarget>): Fields | null {
  const text = edited(toJsonText({ model: 'm', messages: HI, ...fields }), vendor, target)
  return text === null ? null : (JSON.parse(text) as Fields)
}

describe('edits()', () => {
  it('leaves a request alone that suits (124)', () => {
    expect(splices('{ "model":"m" ,"messages":[{"role":"user","content":"\\u0041"}], "n":2, "x":{"a":1.0}}')).toEqual(
      [],
    )
  })

  it('writes the name of the model where it stands', () => {
    const body = '{"a":1, "model" : "m" ,"messages":[]}'
    expect(edited(body, dialect(), { model: 'vendor/real' })).toBe('{"a":1, "model" : "vendor/real" ,"messages":[]}')
  })

  it.each<[Fields, Fields]>([
    [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      { stream: true, stream_options: {} },
      { stream: true, stream_options: { include_usage: true } },
    ],
    [
      { stream: true, stream_options: null },
      { stream: true, stream_options: { include_usage: true } },
    ],
    [
      { stream: true, stream_options: { x: 1 } },
      { stream: true, stream_options: { include_usage: true, x: 1 } },
    ],
    [
      { stream: true, stream_options: { include_usage: false, x: 1 } },
      { stream: true, stream_options: { include_usage: true, x: 1 } },
    ],
    [{ stream: false }, { stream: false }],
  ])('asks for usage in %j', (fields, result) => {
    expect(editedJson(fields)).toEqual({ model: 'm', messages: HI, ...result })
  })

  it('asks vendors for nothing that they do not know', () => {
    expect(editedJson({ stream: true }, dialect({ streamUsage: false }))).toEqual({
      model: 'm',
      messages: HI,
      stream: true,
    })
  })

  it('calls the limit what the vendor calls it', () => {
    expect(editedJson({ max_tokens: 5 })).toEqual({ model: 'm', messages: HI, max_completion_tokens: 5 })
    expect(editedJson({ max_completion_tokens: 5 }, dialect({ maxTokensField: 'max_tokens' }))).toMatchObject({
      max_tokens: 5,
    })
    const both = { max_tokens: 5, max_completion_tokens: 6 }
    expect(editedJson(both)).toMatchObject(both)
  })

  it('says system to vendors that know no developer', () => {
    const messages = [{ role: 'developer', content: '"developer"' }, ...HI]
    expect(editedJson({ messages }, dialect({ developerRole: false }))).toMatchObject({
      messages: [{ role: 'system', content: '"developer"' }, ...HI],
    })
    expect(editedJson({ messages })).toMatchObject({ messages })
  })

  it('takes refused members out, wherever they stand, and keeps the JSON whole', () => {
    const names = ['a', 'logprobs', 'n', 'stop', 'b', 'store'] as const
    const silent: Fields = { a: 1, logprobs: false, n: 1, stop: [], b: [2], store: null }
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...names, 'model', 'messages']),
        fc.subarray(['logprobs', 'n', 'stop', 'store']),
        (order, rejects) => {
          fc.pre(order.includes('model') && order.includes('messages'))
          const all: Fields = { ...silent, model: 'm', messages: [] }
          const members = order.map((name) => `"${name}" : ${toJsonText(all[name] ?? null)}`)
          const out = edited(`{ ${members.join(' , ')} }`, dialect({ rejects }), { model: 'real' })
          const kept = order.filter((name) => !rejects.includes(name))
          expect(JSON.parse(out ?? '')).toEqual(
            Object.fromEntries(kept.map((name) => [name, name === 'model' ? 'real' : all[name]])),
          )
        },
      ),
    )
  })

  it.each<[string, Fields, ChatDialect, Partial<PassthroughTarget>]>([
    [
      'a carrier in the reasoning',
      { messages: [{ role: 'assistant', reasoning_details: [{ type: 'reasoning.text', signature: 'ucr1.k.p.m' }] }] },
      dialect({}, { sendBack: 'reasoning_details' }),
      {},
    ],
    ['a refused parameter that says something', { logit_bias: { 5: 1 } }, dialect({ rejects: ['logit_bias'] }), {}],
    ['sampling', { temperature: 0 }, dialect(), { capabilities: capabilities({ sampling: false }) }],
    ['a limit too high (56)', { max_tokens: 9 }, dialect(), { capabilities: capabilities({ maxOutputTokens: 8 }) }],
    ['too many stop sequences', { stop: ['a', 'b'] }, dialect({ maxStop: 1 }), {}],
    ['a switch that the vendor lacks', { parallel_tool_calls: false }, dialect({ parallelToolCalls: false }), {}],
    [
      'a forced tool',
      { tool_choice: 'required' },
      dialect(),
      { capabilities: capabilities({ forcedToolChoice: false }) },
    ],
    ['another word for a forced tool', { tool_choice: 'required' }, dialect({ requiredToolChoice: 'any' }), {}],
    [
      'a named tool',
      { tool_choice: { type: 'function', function: { name: 'f' } } },
      dialect({ namedToolChoice: false }),
      {},
    ],
    ['another vendor’s word for thinking', { thinking: { type: 'enabled' } }, dialect(), {}],
    ['an effort too high', { reasoning_effort: 'max' }, dialect(), {}],
    [
      'an effort that the model lacks',
      { reasoning_effort: 'high' },
      dialect(),
      { capabilities: capabilities({ efforts: ['low'] }) },
    ],
    ['a schema', { response_format: { type: 'json_schema' } }, dialect({ jsonSchema: false }), {}],
    [
      'a strict tool',
      { tools: [{ type: 'function', function: { name: 'f', strict: true } }] },
      dialect({ strictTools: false }),
      {},
    ],
    [
      'a system message in the middle',
      { messages: [...HI, { role: 'system', content: 'x' }] },
      dialect({ midSystem: false }),
      {},
    ],
    ['a system message in parts', { messages: [{ role: 'system', content: [] }] }, dialect({ systemParts: false }), {}],
    [
      'an image from a tool',
      { messages: [{ role: 'tool', tool_call_id: 'a', content: [{ type: 'image_url' }] }] },
      dialect(),
      {},
    ],
    [
      'an id',
      { messages: [{ role: 'tool', tool_call_id: 'call_1', content: '' }] },
      dialect({ toolIds: 'nine-alphanumeric' }),
      {},
    ],
    [
      'an id in a call',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'call_1' }] }] },
      dialect({ toolIds: 'nine-alphanumeric' }),
      {},
    ],
    ['reasoning that nobody takes back', { messages: [{ role: 'assistant', reasoning_content: 'x' }] }, dialect(), {}],
    [
      'reasoning in another field',
      { messages: [{ role: 'assistant', reasoning_content: 'x' }] },
      dialect({}, { sendBack: 'reasoning' }),
      {},
    ],
    [
      'calls without the reasoning that must be there (117)',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] },
      dialect({}, { sendBack: 'reasoning_content', sendBackWhen: 'tool-turns' }),
      {},
    ],
    [
      'a beginning of the answer',
      { messages: [{ role: 'assistant', content: 'x' }] },
      dialect({ assistantPrefix: true }),
      {},
    ],
  ])('leaves to translation: %s', (_name, fields, vendor, target) => {
    expect(editedJson(fields, vendor, target)).toBeNull()
  })

  it('lets the vendor judge what nobody has heard of', () => {
    const fields = { reasoning_effort: 'brand-new', response_format: { type: 'x' }, messages: [{ role: 'x' }] }
    expect(editedJson(fields)).toEqual({ model: 'm', ...fields })
  })

  it('is not for vendors of another protocol', () => {
    const at = { operation: 'generate' as const, path: '/', query: '', headers: {} }
    const envelope = peek(Buffer.from('{"model":"m","messages":[]}'), at, { maxDepth: 9 })
    expect(edits(envelope, { model: 'm', capabilities: capabilities() }, ANTHROPIC_MESSAGES_DIALECT)).toBeNull()
  })
})
