import { describe, expect, it } from 'vitest'
import { readTurn } from './turn.ts'

const read = (request: object) => readTurn(JSON.stringify({ model: 'sonnet', ...request }), {})

describe('readTurn()', () => {
  it('keeps roles, and leaves the rest of the request to the vendor', () => {
    const turn = read({
      stream: true,
      system: [
        { type: 'text', text: 'One', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Two' },
      ],
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'More' },
      ],
      max_tokens: 10,
      top_k: 3,
      metadata: { user_id: 'u' },
      something_new: { a: 1 },
    })
    expect(turn).toMatchObject({
      model: 'sonnet',
      stream: true,
      system: ['One', 'Two'],
      history: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      ],
      content: [{ type: 'text', text: 'More' }],
    })
    expect(turn).toHaveProperty('sampling', { max_tokens: 10, top_k: 3, something_new: { a: 1 } })
    expect(JSON.stringify(turn)).not.toContain('cache_control')
  })

  it('takes marks of a cache out of tool results too', () => {
    const inner = [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }]
    const turn = read({
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: inner }] }],
    })
    expect(turn).toHaveProperty('content', [
      { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x' }] },
    ])
  })

  it('joins messages of one role, and makes notes of system messages between them', () => {
    const turn = read({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    })
    expect(turn).toMatchObject({
      history: [],
      content: [{ text: 'a' }, { text: '<system-reminder>\nb\n</system-reminder>' }, { text: 'c' }],
    })
  })

  it.each([
    ['no JSON', '{', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['a model that looks like an option', '{"model":"--help","messages":[]}', /^model:/],
    ['a model with a blank', '{"model":"a b","messages":[]}', /^model:/],
    ['no messages', '{"model":"a"}', /^messages:/],
    ['a begun answer', '{"model":"a","messages":[{"role":"assistant","content":"x"}]}', /^messages:/],
    ['a tool without a proper name', '{"model":"a","messages":[],"tools":[{"name":"a b"}]}', /"a b"/],
    [
      'a tool of the vendor',
      '{"model":"a","messages":[],"tools":[{"type":"web_search_20250305"}]}',
      /web_search_20250305/,
    ],
  ])('refuses %s', (_, body, message) => {
    expect(readTurn(body, {})).toMatchObject({ status: 400, message: expect.stringMatching(message) })
  })
})
