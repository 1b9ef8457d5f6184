import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/error.ts'
import { repair } from './repair.ts'

const BOUND = new GatewayError(
  'upstream_invalid_request',
  'messages.1.content.0: The block is bound to a different conversation',
)

describe('repair() (case 48)', () => {
  it('has the vendor leave out thinking that is bound elsewhere, and says so', () => {
    const body = '{"model":"m","thinking":{"type":"adaptive","display":"omitted"},"n":12345678901234567890}'
    const repaired = repair(body, BOUND)
    expect(repaired?.body).toBe(
      '{"model":"m","thinking":{"type":"adaptive","display":"omitted","block_binding":{"prefix_mismatch_behavior":"drop_block"}},"n":12345678901234567890}',
    )
    expect(repaired?.headers).toEqual({ 'anthropic-beta': 'thinking-binding-controls-2026-08-01' })
    expect(repaired?.loss).toMatchObject({ field: 'messages.thinking', how: 'dropped' })
  })

  it('turns thinking on where the request leaves it to the model', () => {
    expect(JSON.parse(repair('{"model":"m"}', BOUND)?.body ?? '')).toEqual({
      model: 'm',
      thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    })
  })

  it('tries once', () => {
    const again = repair(repair('{"model":"m"}', BOUND)?.body ?? '', BOUND)
    expect(again).toBeNull()
  })

  it.each([
    ['another error', '{}', new GatewayError('upstream_invalid_request', 'max_tokens: required')],
    ['another blame', '{}', new GatewayError('upstream_failed', 'bound to a different conversation')],
    ['thinking that is off', '{"thinking":{"type":"disabled"}}', BOUND],
    ['a body that is no object', '[]', BOUND],
    ['a body that is no JSON', '{', BOUND],
  ])('gives nothing for %s', (_what, body, error) => {
    expect(repair(body, error)).toBeNull()
  })
})

describe("repair() of a signature that is not the vendor's", () => {
  const refused = new GatewayError(
    'upstream_invalid_request',
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  )

  it('knows the one of redacted thinking by its own name', () => {
    const message = 'messages.1.content.0: Invalid `data` in `redacted_thinking` block'
    const body = '{"messages":[{"content":[{"type":"redacted_thinking","data":"?"},{"type":"text","text":"b"}]}]}'
    expect(repair(body, new GatewayError('upstream_invalid_request', message))?.body).toBe(
      '{"messages":[{"content":[{"type":"text","text":"b"}]}]}',
    )
  })

  it('leaves out the thinking of the history, and nothing else by a byte', () => {
    const body =
      '{ "model":"m", "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[ {"type":"thinking","thinking":"x","signature":"?"}, {"type":"text","text":"b"},{"type":"redacted_thinking","data":"?"} ]},{"role":"user","content":"1.0"}],"n":1.0}'
    expect(repair(body, refused)?.body).toBe(
      '{ "model":"m", "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[ {"type":"text","text":"b"} ]},{"role":"user","content":"1.0"}],"n":1.0}',
    )
  })

  it('keeps a turn that had nothing but thinking', () => {
    const body = '{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"?"}]}]}'
    expect(repair(body, refused)?.body).toContain('"content":[{"type":"text"')
  })

  it('does nothing where there is no thinking', () => {
    expect(repair('{"messages":[{"role":"user","content":"a"}]}', refused)).toBeNull()
  })
})
