import { describe, expect, it } from 'vitest'
import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import { stringToJson } from '../lib/json.ts'
import { continueHistory } from './resent-history.ts'

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
const answer = (...words: readonly string[]): Message => says('assistant', ...words.map(text))
const thinks: Part = { kind: 'reasoning', text: stringToJson('hm'), seal: null, ...rest }
const call = (id: string): Part => ({
  kind: 'tool-call',
  id,
  name: 'f',
  input: stringToJson('x'),
  invalid: true,
  ...rest,
})
const result = (callId: string): Message =>
  says('user', { kind: 'tool-result', callId, content: [], isError: false, ...rest })

const HISTORY = [user('a?'), answer('a!'), user('b?'), says('assistant', thinks, text('b'), text('!'))]

describe('continueHistory()', () => {
  it('puts the history in front of what is new', () => {
    expect(continueHistory(HISTORY, [user('c?')])).toEqual({ keep: 4, skip: 0 })
    expect(continueHistory([], [user('a?'), answer('a!')])).toEqual({ keep: 0, skip: 0 })
  })

  it('takes a question that was asked before for a new one', () => {
    expect(continueHistory(HISTORY, [user('a?')])).toEqual({ keep: 4, skip: 0 })
    expect(continueHistory([user('a?')], [user('a?')])).toEqual({ keep: 1, skip: 0 })
  })

  it('takes a history that is sent along once', () => {
    const sent = [user('a?'), answer('a!'), user('b?'), answer('b!'), user('c?')]
    expect(continueHistory(HISTORY, sent)).toEqual({ keep: 4, skip: 4 })
    expect(continueHistory(HISTORY.slice(2), sent)).toEqual({ keep: 2, skip: 4 })
  })

  it('takes the calls that are sent along with their results once', () => {
    const called = [user('a?'), says('assistant', thinks, call('1'), call('2'))]
    const sent = [says('assistant', call('1'), call('2')), result('1'), result('2')]
    expect(continueHistory(called, sent)).toEqual({ keep: 2, skip: 1 })
    expect(continueHistory(called, sent.slice(1))).toEqual({ keep: 2, skip: 0 })
  })

  it('leaves behind what came after the point from which the client asks again', () => {
    expect(continueHistory(HISTORY, [user('a?'), answer('a!'), user('b??')])).toEqual({ keep: 2, skip: 2 })
    expect(continueHistory(HISTORY, [user('a?'), answer('a!'), user('b?')])).toEqual({ keep: 3, skip: 3 })
  })

  it('takes examples for what they are', () => {
    expect(continueHistory(HISTORY, [user('x?'), answer('x!'), user('y?')])).toEqual({ keep: 4, skip: 0 })
  })
})
