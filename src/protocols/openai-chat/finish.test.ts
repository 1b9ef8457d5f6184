import { describe, expect, it } from 'vitest'
import type { FinishReason } from '../../canonical/response.ts'
import { GatewayError } from '../../lib/error.ts'
import { scanJson } from '../../lib/json.ts'
import { readFinish, readStopSequence, writeFinish } from './finish.ts'

const PLAIN = { toolCalls: false, refused: false, stopSequence: null, complete: false }

function reasonOf(raw: string | null, facts: Partial<typeof PLAIN> | { stopSequence: string } = {}): string {
  const finish = readFinish(raw, { ...PLAIN, ...facts })
  return finish instanceof GatewayError ? finish.code : finish.reason
}

describe('readFinish()', () => {
  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'refusal'],
    ['model_length', 'context-window'],
    ['model_context_window_exceeded', 'context-window'],
    ['brand_new', 'other'],
  ])('reads %s as %s', (raw, reason) => {
    expect(reasonOf(raw)).toBe(reason)
    expect(readFinish(raw, PLAIN)).toMatchObject({ raw })
  })

  it('takes tool calls for what they are whatever the vendor says (7)', () => {
    expect(reasonOf('stop', { toolCalls: true })).toBe('tool-call')
    expect(reasonOf('tool_calls', { toolCalls: true })).toBe('tool-call')
    expect(reasonOf('length', { toolCalls: true })).toBe('length')
    expect(reasonOf('tool_calls')).toBe('stop')
  })

  it('reads a refusal text with stop as refusal (9)', () => {
    expect(reasonOf('stop', { refused: true })).toBe('refusal')
  })

  it('never takes a broken answer for a whole one (10)', () => {
    expect(reasonOf(null)).toBe('upstream_truncated')
    expect(reasonOf('error')).toBe('upstream_failed')
    expect(reasonOf('insufficient_system_resource')).toBe('upstream_overloaded')
  })

  it('takes another mark of the end for a stop', () => {
    expect(reasonOf(null, { complete: true })).toBe('stop')
    expect(reasonOf(null, { complete: true, toolCalls: true })).toBe('tool-call')
  })

  it('names the stop sequence where the vendor does (38)', () => {
    const finish = readFinish('stop', { ...PLAIN, stopSequence: 'END' })
    expect(finish).toMatchObject({ reason: 'stop-sequence', stopSequence: 'END' })
    expect(readFinish('length', { ...PLAIN, stopSequence: 'END' })).toMatchObject({ stopSequence: null })
  })
})

describe('readStopSequence()', () => {
  it.each([
    ['{"stop_reason":"END"}', 'END'],
    ['{"matched_stop":"END"}', 'END'],
    ['{"stop_reason":"</s>"}', null],
    ['{"matched_stop":151645}', null],
    ['{"stop_reason":null}', null],
  ])('finds in %s: %s', (choice, stop) => {
    expect(readStopSequence(scanJson(choice), ['x', 'END'])).toBe(stop)
  })
})

describe('writeFinish()', () => {
  it.each([
    ['stop', 'stop'],
    ['stop-sequence', 'stop'],
    ['pause', 'stop'],
    ['other', 'stop'],
    ['length', 'length'],
    ['context-window', 'length'],
    ['tool-call', 'tool_calls'],
    ['refusal', 'content_filter'],
  ] satisfies [FinishReason, string][])('writes %s as %s (74)', (reason, word) => {
    const isCall = reason === 'tool-call'
    expect(writeFinish({ reason, raw: null, stopSequence: null, details: null }, isCall)).toBe(word)
  })

  it.each([
    ['stop', true, 'tool_calls'],
    ['other', true, 'tool_calls'],
    ['length', true, 'length'],
    ['tool-call', false, 'stop'],
  ] satisfies [FinishReason, boolean, string][])('says of %s, calls: %s, that it is %s (7)', (reason, called, word) => {
    expect(writeFinish({ reason, raw: 'end_turn', stopSequence: null, details: null }, called)).toBe(word)
  })

  it('leaves a refusal of a Chat vendor that stopped as it is (law 1)', () => {
    expect(writeFinish({ reason: 'refusal', raw: 'stop', stopSequence: null, details: null }, false)).toBe('stop')
    expect(writeFinish({ reason: 'refusal', raw: 'refusal', stopSequence: null, details: null }, false)).toBe(
      'content_filter',
    )
  })
})
