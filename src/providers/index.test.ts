import { describe, expect, it } from 'vitest'
import { findProvider, PROVIDERS } from './index.ts'

const MODELS = ['gpt-5.5', 'o3', 'anthropic/claude-sonnet-5', 'deepseek-r1:8b', 'kimi-k2.6', 'openai/gpt-oss-120b', '']

describe('PROVIDERS', () => {
  it('has each type once', () => {
    const types = PROVIDERS.map(({ type }) => type)
    expect(new Set(types).size).toBe(types.length)
  })

  it('gives no two vendors the same key variable', () => {
    const variables = PROVIDERS.flatMap(({ keyVariables }) => keyVariables)
    expect(new Set(variables).size).toBe(variables.length)
  })

  describe.each(PROVIDERS.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
    it('has a name that a config and a header can carry', () => {
      expect(type).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(Object.keys(definition.headers).every((name) => name === name.toLowerCase())).toBe(true)
    })

    it('has a base URL that ends with its version path, encrypted unless it is on this machine', () => {
      const { baseUrl, versionPath, local } = definition
      if (baseUrl === null) return
      expect(baseUrl.endsWith(versionPath)).toBe(true)
      expect(new URL(baseUrl).protocol).toBe(local === null ? 'https:' : 'http:')
    })

    it('says where a key comes from if it needs one', () => {
      if (!definition.keyRequired) return
      expect(definition.keyVariables.length).toBeGreaterThan(0)
      expect(definition.keyPage).toMatch(/^https:/)
    })

    it('has endpoints of different protocols, whose dialect adapts to any model and stays the same for the same one', () => {
      const protocols = definition.endpoints.map(({ protocol }) => protocol)
      expect(protocols.length).toBeGreaterThan(0)
      expect(new Set(protocols).size).toBe(protocols.length)
      for (const endpoint of definition.endpoints) {
        expect(endpoint.path).toMatch(/^\/[a-z/_]+$/)
        if (endpoint.protocol !== 'openai-chat' || endpoint.adapt === null) continue
        for (const model of MODELS) {
          const adapted = endpoint.adapt(model, endpoint.dialect)
          expect(Object.keys(adapted).toSorted()).toEqual(Object.keys(endpoint.dialect).toSorted())
          expect(endpoint.adapt(model, endpoint.dialect)).toEqual(adapted)
        }
      }
    })
  })

  it.each([
    [
      'deepseek',
      'deepseek-v4-pro',
      { reasoning: { request: 'thinking', sendBack: 'reasoning_content', sendBackWhen: 'tool-turns' } },
    ],
    ['deepseek', 'deepseek-r1', { reasoning: { sendBack: 'none' } }],
    ['openai', 'gpt-4o', { systemRole: 'system', maxStop: 4, cacheMarks: 'none', rejects: [] }],
    ['openai', 'gpt-5', { systemRole: 'developer', maxStop: 0, cacheMarks: 'none' }],
    ['openai', 'gpt-6-sol', { systemRole: 'developer', cacheMarks: 'breakpoint', rejects: [] }],
    ['openai', 'gpt-5-chat-latest', { systemRole: 'system', maxStop: 4 }],
    ['mistral', 'mistral-large-4', { toolIds: 'nine-alphanumeric', requiredToolChoice: 'any', streamUsage: false }],
    ['openrouter', 'anthropic/claude-sonnet-5', { cacheMarks: 'cache_control', reasoning: { request: 'openrouter' } }],
    ['ollama', 'llama3.2:3b', { reasoning: { request: 'none' } }],
    ['ollama', 'qwen3:8b', { reasoning: { request: 'effort' } }],
    ['vllm', 'openai/gpt-oss-20b', { reasoning: { request: 'effort' } }],
    ['vllm', 'Qwen/Qwen3-32B', { reasoning: { request: 'template' } }],
    ['xai', 'grok-4.7', { reasoningOutsideCompletion: true, maxStop: 0 }],
    ['zai', 'glm-5.3', { reasoning: { request: 'thinking' }, userField: 'user_id' }],
    ['qwen', 'qwen3.7-max', { reasoning: { request: 'enable-thinking' }, cacheMarks: 'cache_control' }],
  ])('knows the quirks of %s with %s', (type, model, expected) => {
    const endpoint = findProvider(type).endpoints.find(({ protocol }) => protocol === 'openai-chat')
    if (endpoint?.protocol !== 'openai-chat') throw new Error('no Chat endpoint')
    expect(endpoint.adapt?.(model, endpoint.dialect) ?? endpoint.dialect).toMatchObject(expected)
  })
})

describe('findProvider()', () => {
  it('finds a vendor by its type and by what people call it', () => {
    expect(findProvider('groq').name).toBe('Groq')
    expect(findProvider(' OpenAI ').type).toBe('openai')
    expect(findProvider('google-openai').type).toBe('gemini')
    expect(findProvider('lmstudio').type).toBe('lm-studio')
  })

  it('suggests what was probably meant', () => {
    expect(() => findProvider('antropic')).toThrow(
      expect.objectContaining({ field: 'type', fix: expect.stringContaining('"anthropic"') }),
    )
    expect(() => findProvider('kimmi')).toThrow(expect.objectContaining({ fix: expect.stringContaining('"moonshot"') }))
    expect(() => findProvider('zzzzzz')).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('openai-compatible') }),
    )
    expect(() => findProvider('constructor')).toThrow(expect.objectContaining({ field: 'type' }))
  })
})
