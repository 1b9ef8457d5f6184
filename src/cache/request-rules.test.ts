import { describe, expect, it } from 'vitest'
import { scanJson } from '../lib/json.ts'
import { REQUEST_RULES } from './request-rules.ts'

const { 'anthropic-messages': messages, 'openai-chat': chat } = REQUEST_RULES
const root = (body: unknown) => scanJson(JSON.stringify(body))

describe('isDeterministic()', () => {
  it.each([0, -0, 0.0])('holds at temperature 0', (temperature) => {
    expect(messages.isDeterministic(root({ temperature }))).toBe(true)
    expect(chat.isDeterministic(scanJson('{"temperature":0e5}'))).toBe(true)
  })

  it.each([{}, { temperature: 0.01 }, { temperature: null }, { temperature: '0' }, { temperature: [0] }])(
    'does not for %o',
    (body) => {
      expect(messages.isDeterministic(root(body))).toBe(false)
      expect(chat.isDeterministic(root(body))).toBe(false)
    },
  )
})

describe('hasSideEffects()', () => {
  it.each([
    { container: 'c' },
    { mcp_servers: [{}] },
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    {
      tools: [
        { name: 'own', input_schema: {} },
        { type: 'code_execution_20250522', name: 'code' },
      ],
    },
  ])('holds for what an Anthropic vendor runs: %o', (body) => {
    expect(messages.hasSideEffects(root(body))).toBe(true)
  })

  it.each([{ store: true }, { web_search_options: {} }, { tools: [{ type: 'web_search' }] }])(
    'holds for what an OpenAI vendor does: %o',
    (body) => {
      expect(chat.hasSideEffects(root(body))).toBe(true)
    },
  )

  it("does not for the client's own tools", () => {
    expect(messages.hasSideEffects(root({ tools: [{ name: 'a' }, { type: 'custom', name: 'b' }] }))).toBe(false)
    expect(chat.hasSideEffects(root({ store: false, tools: [{ type: 'function' }, { type: 'custom' }] }))).toBe(false)
  })
})

describe('delivery()', () => {
  it('leaves out options of a stream only where they are about usage alone', () => {
    expect(chat.delivery(root({ stream_options: { include_usage: true } })).has('stream_options')).toBe(true)
    expect(chat.delivery(root({ stream_options: { include_usage: true, new: 1 } })).has('stream_options')).toBe(false)
  })
})

describe('isReplayable()', () => {
  it.each([{ n: 2 }, { logprobs: true }, { modalities: ['audio'] }, { audio: {} }])('does not hold for %o', (body) => {
    expect(chat.isReplayable(root(body))).toBe(false)
  })

  it('holds for one answer of words', () => {
    expect(chat.isReplayable(root({ n: 1, logprobs: false }))).toBe(true)
  })
})
