import { describe, expect, it } from 'vitest'
import { capabilitiesOf, UNKNOWN_CAPABILITIES } from './capabilities.ts'

describe('capabilitiesOf()', () => {
  it('knows limits from the catalog, for the host that is asked', () => {
    expect(capabilitiesOf('openai', 'gpt-4o')).toMatchObject({ contextWindow: 128_000, maxOutputTokens: 16_384 })
    expect(capabilitiesOf('groq', 'openai/gpt-oss-120b').maxOutputTokens).toBe(65_536)
    expect(capabilitiesOf('cerebras', 'gpt-oss-120b').maxOutputTokens).toBe(40_960)
    expect(capabilitiesOf('vllm', 'openai/gpt-oss-120b').contextWindow).toBe(131_072)
  })

  it('takes an unknown model for one that can do everything', () => {
    expect(capabilitiesOf('openai-compatible', 'our-own-model')).toEqual(UNKNOWN_CAPABILITIES)
  })

  it('lets the config have the last word', () => {
    const { vision, contextWindow } = capabilitiesOf('openai', 'gpt-4o', { vision: false, contextWindow: 9 })
    expect([vision, contextWindow]).toEqual([false, 9])
  })

  it.each([
    'claude-haiku-4-5-20251001',
    'anthropic/claude-haiku-4.5',
    'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    'claude-haiku-4-5@20251001',
  ])('knows the model however its host spells it: %s', (name) => {
    expect(capabilitiesOf('anthropic', name)).toEqual(capabilitiesOf('anthropic', 'claude-haiku-4-5'))
  })

  it('gives the long context window to a name that asks for it', () => {
    expect(capabilitiesOf('anthropic', 'claude-sonnet-4-5').contextWindow).toBe(200_000)
    expect(capabilitiesOf('anthropic', 'claude-sonnet-4-5[1m]').contextWindow).toBe(1_000_000)
  })
})

describe('capabilitiesOf() for Claude', () => {
  it.each([
    // name, thinking, sampling, strongest effort, forced tool choice, system messages in the middle
    ['claude-3-haiku-20240307', [], true, undefined, true, false],
    ['claude-3-5-sonnet-20241022', [], true, undefined, true, false],
    ['claude-3-7-sonnet-20250219', ['enabled', 'disabled'], true, undefined, true, false],
    ['claude-opus-4-1-20250805', ['enabled', 'disabled'], true, undefined, true, false],
    ['claude-sonnet-4-5', ['enabled', 'disabled'], true, undefined, true, false],
    ['claude-opus-4-5', ['enabled', 'disabled'], true, 'high', true, false],
    ['claude-sonnet-4-6', ['adaptive', 'enabled', 'disabled'], true, 'max', true, false],
    ['claude-opus-4-7', ['adaptive', 'disabled'], false, 'max', true, false],
    ['claude-opus-4-8', ['adaptive', 'disabled'], false, 'max', true, true],
    ['claude-sonnet-5', ['adaptive', 'disabled'], false, 'max', true, true],
    ['claude-opus-5', ['adaptive', 'disabled'], false, 'max', true, true],
    ['claude-fable-5', ['adaptive'], false, 'max', true, true],
    ['claude-mythos-5-1', ['adaptive'], false, 'max', false, true],
    ['claude-opus-5-5', ['adaptive'], false, 'max', false, true],
    ['claude-sonnet-5-5', ['adaptive', 'between_tools'], false, 'max', false, true],
    ['claude-haiku-5-5', ['adaptive', 'disabled'], false, 'max', false, true],
  ])('knows what %s takes', (name, thinking, sampling, strongest, forcedToolChoice, midSystem) => {
    const found = capabilitiesOf('anthropic', name)
    expect(found).toMatchObject({ thinking, sampling, forcedToolChoice, midSystem })
    expect(found.efforts.at(-1)).toBe(strongest)
  })

  it('knows which efforts 4.6 lacks', () => {
    expect(capabilitiesOf('anthropic', 'claude-opus-4-6').efforts).toEqual(['low', 'medium', 'high', 'max'])
  })

  it('takes a model newer than the table for the newest of its class', () => {
    const { contextWindow, maxOutputTokens, ...traits } = capabilitiesOf('anthropic', 'claude-opus-7')
    expect([contextWindow, maxOutputTokens]).toEqual([null, null])
    expect(capabilitiesOf('anthropic', 'claude-opus-5-5')).toMatchObject(traits)
    expect(capabilitiesOf('anthropic', 'claude-saga-9')).toMatchObject({
      sampling: false,
      thinking: ['adaptive', 'disabled'],
    })
  })
})

describe('capabilitiesOf() for OpenAI', () => {
  it.each([
    ['gpt-4o', true, []],
    ['gpt-5-chat-latest', true, []],
    ['o3', false, ['low', 'medium', 'high']],
    ['gpt-5', false, ['minimal', 'low', 'medium', 'high']],
    ['gpt-5-2025-08-07', false, ['minimal', 'low', 'medium', 'high']],
    ['gpt-5.5', false, ['none', 'low', 'medium', 'high', 'xhigh']],
    ['gpt-9', false, ['none', 'low', 'medium', 'high', 'xhigh']],
  ])('knows what %s takes', (name, sampling, efforts) => {
    expect(capabilitiesOf('openai', name)).toMatchObject({ sampling, efforts })
  })

  it('knows the same model on another host', () => {
    expect(capabilitiesOf('openrouter', 'openai/gpt-5').sampling).toBe(false)
  })

  it('sends no thinking switch to models without one', () => {
    expect(capabilitiesOf('openai', 'gpt-4o').thinking).toEqual([])
    expect(capabilitiesOf('groq', 'llama-3.3-70b-versatile')).toMatchObject({
      thinking: [],
      efforts: [],
      vision: false,
    })
  })
})

describe('capabilitiesOf() for Claude Code', () => {
  it.each(['sonnet', 'opus[1m]', 'haiku'])('takes %s for the newest of its class', (name) => {
    const newest = `claude-${name.replace('[1m]', '')}-latest`
    expect(capabilitiesOf('claude-code', name)).toEqual(capabilitiesOf('anthropic', newest))
    expect(capabilitiesOf('claude-code', name).sampling).toBe(false)
    expect(capabilitiesOf('vllm', name).sampling).toBe(true)
  })

  it('knows a model by its name', () => {
    expect(capabilitiesOf('claude-code', 'claude-haiku-4-5')).toEqual(capabilitiesOf('anthropic', 'claude-haiku-4-5'))
  })
})
