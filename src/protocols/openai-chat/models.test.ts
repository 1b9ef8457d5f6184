import { describe, expect, it } from 'vitest'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { ListedModel } from '../protocol.ts'
import { decodeModelList, encodeModel, encodeModelList } from './models.ts'

const MODEL: ListedModel = {
  id: 'work/gpt-5.5',
  displayName: 'GPT-5.5',
  ownedBy: 'work',
  created: 1_700_000_000,
  contextWindow: 400_000,
  maxOutputTokens: null,
  capabilities: null,
}

describe('encodeModelList()', () => {
  it('has the shape that OpenAI SDKs read (54)', () => {
    const object = {
      id: 'work/gpt-5.5',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'work',
      name: 'GPT-5.5',
      context_length: 400_000,
    }
    expect(JSON.parse(encodeModelList([MODEL]))).toEqual({ object: 'list', data: [object] })
    expect(JSON.parse(encodeModel(MODEL))).toEqual(object)
  })
})

describe('decodeModelList()', () => {
  it.each<[string, JsonValue, object]>([
    ['OpenAI', { data: [{ id: 'a', created: 5 }] }, { id: 'a', created: 5, contextWindow: null }],
    ['Together', [{ id: 'a', display_name: 'A', context_length: 8192 }], { displayName: 'A', contextWindow: 8192 }],
    [
      'Groq',
      { data: [{ id: 'a', context_window: 8192, max_completion_tokens: 100 }] },
      { contextWindow: 8192, maxOutputTokens: 100 },
    ],
    ['vLLM', { data: [{ id: 'a', max_model_len: 4096 }] }, { contextWindow: 4096 }],
    ['Mistral', { data: [{ id: 'a', max_context_length: 4096 }] }, { contextWindow: 4096 }],
    [
      'OpenRouter',
      { data: [{ id: 'a', name: 'A', context_length: 9000, top_provider: { max_completion_tokens: 100 } }] },
      { displayName: 'A', contextWindow: 9000, maxOutputTokens: 100 },
    ],
    ['Ollama', { models: [{ name: 'a:latest' }] }, { id: 'a:latest' }],
    ['zeros', { data: [{ id: 'a', context_length: 0 }] }, { contextWindow: null }],
  ])('reads the list of %s', (_vendor, list, model) => {
    expect(decodeModelList(toJsonText(list))).toMatchObject([model])
  })

  it('leaves out what has no name', () => {
    expect(decodeModelList('{"data":[{"id":""},{},5,null]}')).toEqual([])
    expect(decodeModelList('{}')).toEqual([])
  })

  it('throws for what is not JSON', () => {
    expect(() => decodeModelList('<html>')).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
  })
})
