import { describe, expect, it } from 'vitest'
import { localProviders, providersFromEnvironment } from './discover.ts'

describe('providersFromEnvironment()', () => {
  it('finds a vendor by each of its variables, best vendors first', () => {
    const found = providersFromEnvironment({
      GROQ_API_KEY: 'g',
      OPENAI_API_KEY: 'o',
      ANTHROPIC_API_KEY: 'a',
      GOOGLE_API_KEY: 'second choice',
      PATH: '/bin',
    })
    expect(found.map(({ id, type, apiKey, source }) => [id, type, apiKey, source])).toEqual([
      ['anthropic', 'anthropic', 'a', 'environment variable ANTHROPIC_API_KEY'],
      ['openai', 'openai', 'o', 'environment variable OPENAI_API_KEY'],
      ['gemini', 'gemini', 'second choice', 'environment variable GOOGLE_API_KEY'],
      ['groq', 'groq', 'g', 'environment variable GROQ_API_KEY'],
    ])
    expect(found[0]?.priority).toBeGreaterThan(found[1]?.priority ?? Infinity)
  })

  it('takes the better of two variables, and none that is empty', () => {
    expect(providersFromEnvironment({ GEMINI_API_KEY: 'x', GOOGLE_API_KEY: 'y' })[0]?.apiKey).toBe('x')
    expect(providersFromEnvironment({ OPENAI_API_KEY: ' ' })).toEqual([])
    expect(providersFromEnvironment({})).toEqual([])
  })

  it('prefers a stored key to a variable, and finds vendors that have only that', () => {
    const stored = new Map([
      ['openai', 'stored'],
      ['groq', 'stored'],
      ['not-a-vendor', 'stored'],
    ])
    expect(providersFromEnvironment({ OPENAI_API_KEY: 'variable' }, stored)).toMatchObject([
      { id: 'openai', apiKey: 'stored', source: 'stored credential' },
      { id: 'groq', apiKey: 'stored', source: 'stored credential' },
    ])
  })
})

const list = (owner: string | undefined, ...ids: string[]) =>
  JSON.stringify({ object: 'list', data: ids.map((id) => ({ id, object: 'model', owned_by: owner })) })

async function find(answers: Readonly<Record<string, string>>) {
  const found = await localProviders((url) => Promise.resolve(answers[new URL(url).port] ?? null))
  return found.map(({ id, baseUrl, models }) => [id, baseUrl, models.join()])
}

describe('localProviders()', () => {
  it('finds servers by their ports, with their models', async () => {
    expect(
      await find({ 11434: list('library', 'qwen3:8b', 'nomic-embed-text'), 1234: list('organization_owner', 'gemma') }),
    ).toEqual([
      ['lm-studio', 'http://127.0.0.1:1234', 'gemma'],
      ['ollama', 'http://127.0.0.1:11434', 'qwen3:8b'],
    ])
  })

  it('tells servers on one port apart by what they write', async () => {
    expect(await find({ 8080: list('llamacpp', 'm') })).toEqual([['llama-cpp', 'http://127.0.0.1:8080', 'm']])
    expect(await find({ 8080: list(undefined, 'm') })).toEqual([['localai', 'http://127.0.0.1:8080', 'm']])
    expect(await find({ 8080: list('work', 'claude-sonnet-5') })).toEqual([])
  })

  it('leaves alone what is no such server, another gateway included', async () => {
    expect(await find({ 8000: list('anthropic', 'claude-sonnet-5'), 30000: '<html>', 1234: '{"data":1}' })).toEqual([])
    expect(await find({ 8000: list('vllm', 'm') })).toEqual([['vllm', 'http://127.0.0.1:8000', 'm']])
  })

  it('survives a probe that throws', async () => {
    expect(await localProviders(() => Promise.reject(new Error('no')))).toEqual([])
  })
})
