import { describe, expect, it } from 'vitest'
import type { RequestLine } from '../../../src/observe/overview.ts'
import { choicesOf, matches, modelOf, NO_FILTER } from './request-filter.ts'
import { extended, MOST_LINES } from './request-window.ts'

function request(requestId: string, more: Partial<RequestLine> = {}): RequestLine {
  return {
    requestId,
    time: 0,
    protocol: 'anthropic-messages',
    operation: 'generate',
    keyName: 'laptop',
    requestedModel: 'sonnet',
    provider: 'anthropic',
    model: 'claude-sonnet-5',
    plan: 'passthrough',
    reason: 'alias',
    attempts: 1,
    stream: false,
    httpStatus: 200,
    status: 'complete',
    errorCode: null,
    cache: null,
    duration: 1,
    timeToFirstByte: 1,
    timeToFirstToken: 1,
    tokens: null,
    dollars: null,
    dropped: [],
    requestBytes: 0,
    replyBytes: 0,
    ...more,
  }
}

const ids = (lines: readonly RequestLine[]): readonly string[] => lines.map(({ requestId }) => requestId)
const listOf = (cursor: string, ...names: readonly string[]) =>
  ({ object: 'list', data: names.map((name) => request(name)), cursor }) as const

describe('extended()', () => {
  it('puts what is new at the front, and goes on from there', () => {
    const first = extended(null, listOf('1', 'b', 'a'))
    const second = extended(first, listOf('2', 'd', 'c'))
    expect(ids(second.lines)).toEqual(['d', 'c', 'b', 'a'])
    expect(second.cursor).toBe('2')
    expect(extended(second, listOf('3')).lines).toBe(second.lines)
  })

  it('shows no request twice, also when the gateway tells all again', () => {
    const first = extended(null, listOf('1', 'b', 'a'))
    expect(ids(extended(first, listOf('2', 'c', 'b', 'a')).lines)).toEqual(['c', 'b', 'a'])
  })

  it('lets go of the oldest', () => {
    const many = Array.from({ length: MOST_LINES }, (_, index) => `request-${index}`)
    const full = extended(null, listOf('1', ...many))
    const { lines } = extended(full, listOf('2', 'new'))
    expect(lines).toHaveLength(MOST_LINES)
    expect(lines[0]?.requestId).toBe('new')
    expect(ids(lines)).not.toContain(`request-${MOST_LINES - 1}`)
  })
})

describe('matches()', () => {
  const good = request('abc')
  const bad = request('def', { httpStatus: 502, errorCode: 'upstream_failed', provider: null, model: null })
  const cut = request('ghi', { httpStatus: 200, errorCode: 'upstream_truncated' })

  it.each([
    [NO_FILTER, ['abc', 'def', 'ghi']],
    [{ ...NO_FILTER, outcome: 'failed' }, ['def', 'ghi']],
    [{ ...NO_FILTER, outcome: 'succeeded' }, ['abc']],
    [{ ...NO_FILTER, provider: 'anthropic' }, ['abc', 'ghi']],
    [{ ...NO_FILTER, model: 'sonnet' }, ['abc', 'def', 'ghi']],
    [{ ...NO_FILTER, model: 'opus' }, []],
    [{ ...NO_FILTER, text: ' TRUNC ' }, ['ghi']],
    [{ ...NO_FILTER, text: '502' }, ['def']],
    [{ ...NO_FILTER, text: 'laptop', outcome: 'succeeded' }, ['abc']],
  ] as const)('%o', (filter, expected) => {
    expect(ids([good, bad, cut].filter((line) => matches(line, filter)))).toEqual(expected)
  })

  it('offers what the lines have', () => {
    expect(choicesOf([good, bad, cut, request('x', { requestedModel: null, model: 'far' })], modelOf)).toEqual([
      'far',
      'sonnet',
    ])
    expect(choicesOf([good, bad], ({ provider }) => provider)).toEqual(['anthropic'])
  })
})
