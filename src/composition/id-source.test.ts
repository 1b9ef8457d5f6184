import { describe, expect, it } from 'vitest'
import { idSource } from './id-source.ts'

describe('idSource()', () => {
  it('gives ids that never come again, also when new chance has to be fetched', () => {
    const newId = idSource()
    const ids = Array.from({ length: 2000 }, () => newId())
    expect(new Set(ids).size).toBe(2000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })

  it('gives others than another source', () => {
    expect(idSource()()).not.toBe(idSource()())
  })
})
