import { describe, expect, it } from 'vitest'
import { claudeModel, isOpenAiModel, plainModelName, undatedModelName, withoutLongContext } from './name.ts'

describe('plainModelName()', () => {
  it.each([
    ['claude-sonnet-5', 'claude-sonnet-5'],
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['anthropic/claude-opus-5:free', 'claude-opus-5'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5-20250929'],
    ['anthropic.claude-opus-4-6-v1', 'claude-opus-4-6'],
    ['claude-haiku-4-5@20251001', 'claude-haiku-4-5-20251001'],
    ['claude-sonnet-5[1m]', 'claude-sonnet-5'],
    ['accounts/fireworks/models/kimi-k3', 'kimi-k3'],
    ['openai/gpt-oss-120b', 'gpt-oss-120b'],
    ['gpt-oss:120b', 'gpt-oss-120b'],
    ['llama3.2:latest', 'llama3.2'],
    ['gpt-5.5', 'gpt-5.5'],
    ['Qwen/Qwen3-32B', 'qwen3-32b'],
    ['', ''],
  ])('reads %s as %s', (given, plain) => {
    expect(plainModelName(given)).toBe(plain)
    expect(plainModelName(plain)).toBe(plain)
  })
})

describe('undatedModelName()', () => {
  it.each([
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
    ['mistral-large-2512', 'mistral-large-2512'],
  ])('reads %s as %s', (given, undated) => {
    expect(undatedModelName(given)).toBe(undated)
  })
})

describe('withoutLongContext()', () => {
  it('takes the suffix off and leaves the rest as the client wrote it', () => {
    expect(withoutLongContext('Work/Claude-Sonnet-5[1M]')).toBe('Work/Claude-Sonnet-5')
    expect(withoutLongContext('sonnet')).toBe('sonnet')
  })
})

describe('claudeModel()', () => {
  it.each([
    ['claude-sonnet-5', 'sonnet', 500],
    ['claude-sonnet-5-5', 'sonnet', 505],
    ['claude-opus-4-20250514', 'opus', 400],
    ['claude-opus-4-1-20250805', 'opus', 401],
    ['claude-haiku-4-5-20251001', 'haiku', 405],
    ['claude-3-5-sonnet-latest', 'sonnet', 305],
    ['claude-3-opus-20240229', 'opus', 300],
    ['anthropic/claude-fable-5.1', 'fable', 501],
    ['claude-mythos-5', 'mythos', 500],
    ['github-copilot/claude-haiku-5.5', 'haiku', 505],
    ['claude-opus-4-6-fast', 'opus', 406],
    ['~anthropic/claude-opus-latest', 'opus', Infinity],
    ['claude-saga-7', null, 700],
    ['claude-2.1', null, 201],
    ['claude-instant-1.2', null, 102],
  ])('reads %s', (name, word, version) => {
    expect(claudeModel(name)).toEqual({ class: word, version })
  })

  it.each(['gpt-5.5', 'claude', 'sonnet', 'my-claude-sonnet-5-clone', ''])('knows no Claude model in %s', (name) => {
    expect(claudeModel(name)).toBeNull()
  })
})

describe('isOpenAiModel()', () => {
  it.each(['gpt-5.5', 'openai/gpt-4o', 'o3', 'o4-mini', 'chatgpt-4o-latest'])('knows %s', (name) => {
    expect(isOpenAiModel(name)).toBe(true)
  })

  it.each(['claude-opus-5', 'olmo-3', 'gptq-llama', 'openai/gpt-oss-120b'])('does not take %s for one', (name) => {
    expect(isOpenAiModel(name)).toBe(false)
  })
})
