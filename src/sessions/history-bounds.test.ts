import { describe, expect, it } from 'vitest'
import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import { stringToJson } from '../lib/json.ts'
import { fitHistory } from './history-bounds.ts'
import type { Turn } from './session.ts'

const rest = { cache: null, ext: null } as const
const text = (words: string): Part => ({
  kind: 'text',
  text: stringToJson(words),
  refusal: false,
  citations: null,
  ...rest,
})
const says = (role: Message['role'], ...parts: readonly Part[]): Message => ({ role, parts, name: null, ext: null })
const user = (words: string): Message => says('user', text(words))
const answer = (words: string): Message => says('assistant', text(words))
const calls = says('assistant', {
  kind: 'tool-call',
  id: 'a',
  name: 'f',
  input: stringToJson('x'),
  invalid: true,
  ...rest,
})
const result = says('user', { kind: 'tool-result', callId: 'a', content: [], isError: false, ...rest })

const turn = (...messages: readonly Message[]): Turn => ({ messages, bytes: 100 * messages.length })
const plain = (name: string): Turn => turn(user(`${name}?`), answer(`${name}!`))
const ROOM = { maxMessages: 1000, maxBytes: 1_000_000 }

describe('fitHistory()', () => {
  it('keeps everything where there is room', () => {
    const messages = [user('c?'), answer('c!')]
    expect(fitHistory([plain('a'), plain('b')], messages, ROOM)).toEqual({ drop: 0, dropped: 0, messages })
  })

  it('lets the oldest turns go where there are too many messages', () => {
    const messages = [user('d?'), answer('d!')]
    const turns = [plain('a'), plain('b'), plain('c')]
    expect(fitHistory(turns, messages, { ...ROOM, maxMessages: 4 })).toEqual({ drop: 2, dropped: 4, messages })
    expect(fitHistory(turns, messages, { ...ROOM, maxMessages: 5 })).toEqual({ drop: 2, dropped: 4, messages })
  })

  it('lets them go where there are too many bytes', () => {
    const messages = [user('d?')]
    expect(fitHistory([plain('a'), plain('b')], messages, { ...ROOM, maxBytes: 399 })).toMatchObject({ drop: 1 })
    expect(fitHistory([plain('a'), plain('b')], messages, { ...ROOM, maxBytes: 600 })).toMatchObject({ drop: 0 })
  })

  it('leaves no result of a call that went', () => {
    const turns = [turn(user('a?'), calls), turn(result, answer('a!')), plain('b')]
    expect(fitHistory(turns, [user('c?'), answer('c!')], { ...ROOM, maxMessages: 6 })).toMatchObject({
      drop: 2,
      dropped: 4,
    })
  })

  it('cuts new messages that are too many by themselves, at a question', () => {
    const added = [user('a'), calls, result, answer('b'), user('c'), answer('d')]
    expect(fitHistory([plain('old')], added, { ...ROOM, maxMessages: 5 })).toEqual({
      drop: 1,
      dropped: 6,
      messages: [user('c'), answer('d')],
    })
  })

  it('keeps nothing of one message that is too large', () => {
    expect(fitHistory([plain('old')], [user('a'.repeat(1000))], { ...ROOM, maxBytes: 900 })).toEqual({
      drop: 1,
      dropped: 3,
      messages: [],
    })
  })
})
