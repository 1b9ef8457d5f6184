import { describe, expect, it } from 'vitest'
import { conversationName } from './digest.ts'
import type { Message, Turn } from './turn.ts'
import { readTurn } from './turn.ts'

const read = (request: object): Turn => {
  const turn = readTurn(JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'x' }], ...request }), {})
  if ('status' in turn) throw new Error(turn.message)
  return turn
}

const TURN = read({ system: 'S', tools: [{ name: 't', input_schema: {} }] })
const SAID: readonly Message[] = [
  { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'text', text: 'A' },
      { type: 'text', text: 'B' },
      { type: 'tool_use', id: 'toolu_1', name: 't', input: { a: 1, b: [{ c: 2, d: 3 }] } },
    ],
  },
]
const name = (messages: readonly Message[], tenant = 'blue', launch = 'launch', turn = TURN): string =>
  conversationName(tenant, launch, turn, messages)

describe('conversationName()', () => {
  it('is the same however a client writes the same conversation', () => {
    const rewritten: readonly Message[] = [
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'AB' },
          { id: 'toolu_1', input: { b: [{ d: 3, c: 2 }], a: 1 }, name: 't', type: 'tool_use' },
        ],
      },
    ]
    expect(name(rewritten)).toBe(name(SAID))
  })

  it.each<[string, string]>([
    ['another tenant', name(SAID, 'green')],
    ['another way to start', name(SAID, 'blue', 'other')],
    ['another system prompt', name(SAID, 'blue', 'launch', read({ system: 'T', tools: TURN.tools }))],
    ['other tools', name(SAID, 'blue', 'launch', read({ system: 'S' }))],
    ['fewer messages', name(SAID.slice(0, 1))],
    ['another role', name([{ role: 'assistant', content: [{ type: 'text', text: 'Hello' }] }, ...SAID.slice(1)])],
    ['another text', name([{ role: 'user', content: [{ type: 'text', text: 'Hello!' }] }, ...SAID.slice(1)])],
  ])('is another one for %s', (_, other) => {
    expect(other).not.toBe(name(SAID))
  })
})
