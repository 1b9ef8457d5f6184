import { describe, expect, it } from 'vitest'
import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { ANTHROPIC_MESSAGES_DIALECT, OPENAI_CHAT_DIALECT } from '../dialect.ts'
import type { MessagesDialect } from '../dialect.ts'
import { edits } from './passthrough-edits.ts'
import { peek } from './peek.ts'
import { capabilities, sealer } from './test-support.ts'

const BASE = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

interface Target {
  readonly model?: string
  readonly abilities?: Partial<ModelCapabilities>
  readonly dialect?: Partial<MessagesDialect>
}

/** The bytes that go out, or null for "translate". */
function sent(body: object | string, { model = 'claude-x', abilities = {}, dialect = {} }: Target = {}): string | null {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const envelope = peek(bytes, { operation: 'generate', path: '', query: '', headers: {} }, { maxDepth: 64 })
  const target = { model, capabilities: capabilities(abilities) }
  const splices = edits(envelope, target, { ...ANTHROPIC_MESSAGES_DIALECT, ...dialect })
  if (splices === null) return null
  let out = ''
  let at = 0
  for (const splice of splices) {
    expect(splice.start).toBeGreaterThanOrEqual(at)
    out += bytes.subarray(at, splice.start).toString() + splice.bytes.toString()
    at = splice.end
  }
  return out + bytes.subarray(at).toString()
}

describe('edits()', () => {
  it('changes nothing where nothing has to change (case 124)', () => {
    const body =
      ' { "future" : 12345678901234567890, "model":"claude-x", "messages":[{"role":"user","content":[{"type":"future_block"}]}] }\n'
    expect(sent(body)).toBe(body)
    const envelope = peek(
      Buffer.from(body),
      { operation: 'generate', path: '', query: '', headers: {} },
      { maxDepth: 64 },
    )
    expect(edits(envelope, { model: 'claude-x', capabilities: capabilities() }, ANTHROPIC_MESSAGES_DIALECT)).toEqual([])
  })

  it('replaces the model, beyond ASCII too', () => {
    expect(sent('{"x":"é😀","model":"modèle","messages":[]}', { model: 'claude-"up"' })).toBe(
      '{"x":"é😀","model":"claude-\\"up\\"","messages":[]}',
    )
    expect(sent('{"model":"mod\\u00e8le","messages":[]}', { model: 'modèle' })).toBe(
      '{"model":"mod\\u00e8le","messages":[]}',
    )
  })

  it.each<[string, object, Target]>([
    [
      'a carrier',
      {
        messages: [
          {
            role: 'assistant',
            content: [
              {
                type: 'thinking',
                thinking: '',
                signature: sealer.close({ kind: 'signature', value: 'x', origin: null }, 0),
              },
            ],
          },
        ],
      },
      {},
    ],
    [
      'a carrier in redacted thinking',
      { messages: [{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 'ucr1.k.p.m' }] }] },
      {},
    ],
    [
      'a carrier inside a tool result',
      {
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'a',
                content: [{ type: 'thinking', thinking: 'x', signature: 'ucr1.k.p.m' }],
              },
            ],
          },
        ],
      },
      {},
    ],
    ['a limit above the model’s (case 56)', { max_tokens: 8193 }, { abilities: { maxOutputTokens: 8192 } }],
    [
      'a system message that the model refuses (case 39)',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'system', content: 'b' },
        ],
      },
      { abilities: { midSystem: false } },
    ],
    ['sampling that the model refuses', { temperature: 1 }, { abilities: { sampling: false } }],
    [
      'thinking that the model refuses',
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { abilities: { thinking: ['adaptive'] } },
    ],
    [
      'a budget above the limit',
      { max_tokens: 9999, thinking: { type: 'enabled', budget_tokens: 5000 } },
      { abilities: { maxOutputTokens: 4000 } },
    ],
    ['an effort that the model refuses', { output_config: { effort: 'max' } }, { abilities: { efforts: ['low'] } }],
    [
      'a format that the model refuses',
      { output_config: { format: { type: 'json_schema', schema: {} } } },
      { abilities: { structuredOutput: false } },
    ],
    [
      'a forced call that the model refuses',
      { tool_choice: { type: 'any' } },
      { abilities: { forcedToolChoice: false } },
    ],
    [
      'a billing line for others',
      { system: [{ type: 'text', text: 'x-anthropic-billing-header: x' }] },
      { dialect: { billingHeader: 'strip' } },
    ],
    ['a user for others', { metadata: { user_id: 'me' } }, { dialect: { userId: 'hash' } }],
    [
      'thinking for hosts without',
      { messages: [{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }] },
      { dialect: { thinkingSignatures: false } },
    ],
    [
      'thinking that nobody signed',
      { messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: '' }] }] },
      {},
    ],
  ])('has %s translated, and passes it where the target takes it', (what, changes, target) => {
    expect(sent({ ...BASE, ...changes }, target)).toBeNull()
    const isNeverTaken = what.startsWith('a carrier') || what.endsWith('nobody signed')
    if (!isNeverTaken) expect(sent({ ...BASE, ...changes })).toBe(JSON.stringify({ ...BASE, ...changes }))
  })

  it('finds a carrier in any spelling, and only where one can be', () => {
    const thinking = (signature: string): string =>
      `{"model":"claude-x","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":${signature}}]}]}`
    expect(sent(thinking('"\\u0075cr1.k.p.m"'))).toBeNull()
    expect(sent(thinking('"EqQB"'))).toBe(thinking('"EqQB"'))
    expect(sent({ ...BASE, messages: [{ role: 'user', content: 'ucr1.k.p.m' }] })).not.toBeNull()
  })

  it('leaves what it has not heard of to the vendor (cases 49, 69)', () => {
    const body = {
      ...BASE,
      thinking: { type: 'future' },
      tool_choice: { type: 'future' },
      output_config: { effort: 'future' },
      safeguards: [],
    }
    expect(sent(body, { abilities: { thinking: [], efforts: [], forcedToolChoice: false } })).toBe(JSON.stringify(body))
  })

  it('passes signed thinking', () => {
    const body = {
      ...BASE,
      messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: 's' }] }],
    }
    expect(sent(body)).toBe(JSON.stringify(body))
  })

  it('refuses objects with two members of one name', () => {
    expect(() =>
      sent('{"model":"m","messages":[],"metadata":{"user_id":"a","user_id":"b"}}', { dialect: { userId: 'hash' } }),
    ).toThrow(expect.objectContaining({ code: 'invalid_json' }))
  })

  it('has no edits for a dialect of another protocol', () => {
    const envelope = peek(
      Buffer.from(JSON.stringify(BASE)),
      { operation: 'generate', path: '', query: '', headers: {} },
      { maxDepth: 64 },
    )
    expect(edits(envelope, { model: 'x', capabilities: capabilities() }, OPENAI_CHAT_DIALECT)).toBeNull()
  })
})
