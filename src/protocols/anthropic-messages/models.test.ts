import { describe, expect, it } from 'vitest'
import type { ListedModel } from '../protocol.ts'
import { decodeModelList, encodeModel, encodeModelList } from './models.ts'
import { capabilities } from './test-support.ts'

const MODELS: readonly ListedModel[] = Array.from({ length: 25 }, (_, index) => ({
  id: `m${index}`,
  displayName: `Model ${index}`,
  ownedBy: 'work',
  created: 1_790_000_000,
  contextWindow: 200_000,
  maxOutputTokens: 64_000,
  capabilities: null,
}))

function page(query: string): { ids: string[]; has_more: boolean; first_id: string | null; last_id: string | null } {
  const { data, ...rest } = JSON.parse(encodeModelList(MODELS, query)) as {
    data: { id: string }[]
    has_more: boolean
    first_id: string | null
    last_id: string | null
  }
  return { ids: data.map(({ id }) => id), ...rest }
}

describe('encodeModelList() (case 54)', () => {
  it('gives the first 20', () => {
    expect(page('')).toMatchObject({ has_more: true, first_id: 'm0', last_id: 'm19' })
    expect(page('limit=1000').ids).toHaveLength(25)
  })

  it('goes on behind after_id, to the end', () => {
    expect(page('limit=3&after_id=m3')).toEqual({
      ids: ['m4', 'm5', 'm6'],
      has_more: true,
      first_id: 'm4',
      last_id: 'm6',
    })
    expect(page('after_id=m22')).toEqual({ ids: ['m23', 'm24'], has_more: false, first_id: 'm23', last_id: 'm24' })
    expect(page('after_id=m24')).toEqual({ ids: [], has_more: false, first_id: null, last_id: null })
  })

  it('goes back before before_id', () => {
    expect(page('limit=2&before_id=m3')).toEqual({ ids: ['m1', 'm2'], has_more: true, first_id: 'm1', last_id: 'm2' })
    expect(page('before_id=m1')).toEqual({ ids: ['m0'], has_more: false, first_id: 'm0', last_id: 'm0' })
  })

  it.each(['limit=0', 'limit=x', 'limit=', 'limit=2.5'])('takes %s for the default', (query) => {
    expect(page(query).ids).toHaveLength(20)
  })

  it('begins anew at a cursor that is gone', () => {
    expect(page('limit=1&after_id=gone').ids).toEqual(['m0'])
    expect(page('limit=1&before_id=gone').ids).toEqual(['m24'])
  })
})

describe('encodeModel()', () => {
  it('writes what is known', () => {
    const [model] = MODELS
    if (model === undefined) throw new Error('no model')
    const known = {
      ...model,
      capabilities: capabilities({ thinking: ['adaptive'], efforts: ['low'], documents: false }),
    }
    expect(JSON.parse(encodeModel(known))).toMatchObject({
      type: 'model',
      id: 'm0',
      display_name: 'Model 0',
      created_at: '2026-09-21T14:13:20.000Z',
      max_input_tokens: 200_000,
      max_tokens: 64_000,
      capabilities: {
        effort: { supported: true, low: { supported: true }, high: { supported: false } },
        image_input: { supported: true },
        pdf_input: { supported: false },
        structured_outputs: { supported: true },
        thinking: { supported: true, types: { adaptive: { supported: true }, enabled: { supported: false } } },
      },
    })
    expect(JSON.parse(encodeModel(model))).toMatchObject({ capabilities: null })
  })
})

describe('decodeModelList()', () => {
  it('reads what we write', () => {
    expect(decodeModelList(encodeModelList(MODELS, 'limit=1'))).toEqual([
      { id: 'm0', displayName: 'Model 0', contextWindow: 200_000, maxOutputTokens: 64_000, created: 1_790_000_000 },
    ])
  })

  it('reads hosts that say less, and skips entries without an id', () => {
    expect(decodeModelList('{"object":"list","data":[{"id":"a"},{"name":"b"},{"id":""},7]}')).toEqual([
      { id: 'a', displayName: null, contextWindow: null, maxOutputTokens: null, created: null },
    ])
    expect(decodeModelList('{}')).toEqual([])
  })

  it('refuses what is no JSON', () => {
    expect(() => decodeModelList('<html>')).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
  })
})
