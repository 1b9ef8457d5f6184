import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import { LossList } from '../../canonical/loss.ts'
import type { Message } from '../../canonical/request.ts'
import { pairTools } from './pair-tools.ts'
import { assistant, call, message, result, user } from './test-support.ts'

function name(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text.slice(1, -1)
    case 'tool-call':
      return `call ${part.id}`
    case 'tool-result': {
      const [first] = part.content
      return `result ${part.callId}${part.isError ? ' missing' : ''}: ${first === undefined ? '' : name(first)}`
    }
    case 'reasoning':
    case 'media':
    case 'opaque':
      return part.kind
    default:
      return part satisfies never
  }
}

function paired(...messages: Message[]): { turns: string[]; losses: string[] } {
  const losses = new LossList()
  const turns = pairTools(messages, losses).map(({ role, parts }) => `${role}: ${parts.map(name).join(', ')}`)
  return { turns, losses: losses.losses.map(({ field }) => field) }
}

describe('pairTools()', () => {
  it('merges turns of one role and leaves empty ones out', () => {
    expect(paired(user('a'), user('b'), assistant(), assistant('c'), assistant('d')).turns).toEqual([
      'user: a, b',
      'assistant: c, d',
    ])
  })

  it('puts results first, in the order of the calls (case 57)', () => {
    const { turns, losses } = paired(
      user('q'),
      assistant(call('1'), call('2')),
      user('meanwhile', result('2')),
      user(result('1')),
    )
    expect(turns).toEqual([
      'user: q',
      'assistant: call 1, call 2',
      'user: result 1: result of 1, result 2: result of 2, meanwhile',
    ])
    expect(losses).toEqual([])
  })

  it('keeps what the assistant says after a result a turn of its own', () => {
    expect(paired(user('q'), assistant(call('1')), user(result('1')), assistant('done')).turns).toEqual([
      'user: q',
      'assistant: call 1',
      'user: result 1: result of 1',
      'assistant: done',
    ])
  })

  it('brings a late result to its call, before a system message', () => {
    expect(paired(user('q'), assistant(call('1')), message('system', ['mind']), user(result('1'), 'x')).turns).toEqual([
      'user: q',
      'assistant: call 1',
      'user: result 1: result of 1',
      'system: mind',
      'user: x',
    ])
  })

  it('says that a result is missing, also at the end', () => {
    const missing = 'result 1 missing: No result was recorded for this tool call.'
    expect(paired(user('q'), assistant(call('1')), user('next'))).toEqual({
      turns: ['user: q', 'assistant: call 1', `user: ${missing}, next`],
      losses: ['messages.tool_calls'],
    })
    expect(paired(user('q'), assistant(call('1'))).turns.at(-1)).toBe(`user: ${missing}`)
  })

  it('lets the first of two results win', () => {
    expect(paired(user('q'), assistant(call('1')), user(result('1', 'first'), result('1', 'second')))).toEqual({
      turns: ['user: q', 'assistant: call 1', 'user: result 1: first'],
      losses: ['messages.tool_result'],
    })
  })

  it('makes a result without a call a text', () => {
    expect(paired(user(result('9', 'lost')))).toEqual({
      turns: ['user: Result of a tool call that is no longer part of this conversation:, lost'],
      losses: ['messages.tool_result'],
    })
  })

  it('tells calls with one id apart', () => {
    const { turns } = paired(
      user('q'),
      assistant(call('0')),
      user(result('0', 'first')),
      assistant(call('0')),
      user(result('0', 'second')),
    )
    expect(turns.slice(1, 3)).toEqual(['assistant: call 0', 'user: result 0: first'])
    const id = /^assistant: call (toolu_\w{24})$/.exec(turns[3] ?? '')?.[1]
    expect(turns[4]).toBe(`user: result ${id}: second`)
  })

  it('always gives every call exactly one result in the next turn, and no id twice (property)', () => {
    const id = fc.constantFrom('1', '2', '3')
    const part = fc.oneof(
      id.map((value) => call(value)),
      id.map((value) => result(value)),
      fc.constant('text'),
    )
    const any = fc.oneof(
      fc
        .array(part, { maxLength: 3 })
        .map((parts) => assistant(...parts.filter((p) => typeof p === 'string' || p.kind === 'tool-call'))),
      fc
        .array(part, { maxLength: 3 })
        .map((parts) => user(...parts.filter((p) => typeof p === 'string' || p.kind === 'tool-result'))),
      fc.constant(message('system', ['mind'])),
    )
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (messages) => {
        const turns = pairTools(messages, new LossList())
        const seen = new Set<string>()
        for (const [index, turn] of turns.entries()) {
          expect(turn.parts.length).toBeGreaterThan(0)
          const ids = turn.parts.filter((p) => p.kind === 'tool-call').map((p) => p.id)
          for (const callId of ids) expect(seen.has(callId)).toBe(false)
          for (const callId of ids) seen.add(callId)
          const after = turns[index + 1]?.parts.slice(0, ids.length) ?? []
          expect(after.map((p) => (p.kind === 'tool-result' ? p.callId : null))).toEqual(ids)
          const results = turn.parts.filter((p) => p.kind === 'tool-result')
          const before = turns[index - 1]?.parts.filter((p) => p.kind === 'tool-call') ?? []
          expect(results).toHaveLength(before.length)
        }
      }),
    )
  })

  it('takes a time in proportion to the calls, also of those that have one id', () => {
    const many = 200_000
    const calls = Array.from({ length: many }, () => call('c'))
    const results = Array.from({ length: many }, () => result('c'))
    const [, asked, answered] = pairTools(
      [user('a'), message('assistant', calls), message('user', results)],
      new LossList(),
    )
    expect([asked?.parts.length, answered?.parts.length]).toEqual([many, many])
  })
})
