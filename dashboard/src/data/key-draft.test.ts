import { describe, expect, it } from 'vitest'
import { draftOf, NO_DRAFT, wishOf } from './key-draft.ts'
import type { KeyLine } from './virtual-key.ts'

const LINE: KeyLine = {
  id: 'key_1',
  name: 'laptop',
  source: 'store',
  status: 'active',
  owner: 'ann@example.com',
  models: ['claude-*', 'fast'],
  routes: null,
  rateLimit: { max: 60, timeWindow: '1m' },
  claudeTools: ['Bash(git log, *)'],
  expires: '2027-01-31T12:00:00.000Z',
  disabled: false,
  metadata: {},
  secrets: [],
  created: null,
  revoked: null,
}

describe('wishOf()', () => {
  it('says of a new key what was written, and nothing of the rest', () => {
    expect(wishOf({ ...NO_DRAFT, name: ' laptop ' }, NO_DRAFT)).toEqual({ name: 'laptop' })
    expect(wishOf({ ...NO_DRAFT, name: 'a', models: 'claude-*, fast\n\ngpt-5\n', limit: '60' }, NO_DRAFT)).toEqual({
      name: 'a',
      models: ['claude-*', 'fast', 'gpt-5'],
      rateLimit: { max: 60, timeWindow: '1m' },
    })
  })

  it('leaves a comma within brackets where it is', () => {
    expect(wishOf({ ...NO_DRAFT, claudeTools: 'Read, Bash(git log, *)\nEdit' }, NO_DRAFT)).toEqual({
      claudeTools: ['Read', 'Bash(git log, *)', 'Edit'],
    })
  })

  it('says of a key that there is what is different, and what it no longer has', () => {
    const before = draftOf(LINE)
    expect(wishOf(before, before)).toEqual({})
    expect(wishOf({ ...before, models: '', limit: '', expires: '', claudeTools: '' }, before)).toEqual({
      models: null,
      rateLimit: null,
      expires: null,
      claudeTools: [],
    })
    expect(wishOf({ ...before, limitWindow: '1h' }, before)).toEqual({ rateLimit: { max: 60, timeWindow: '1h' } })
  })

  it('sends what is no number for the gateway to say so', () => {
    expect(wishOf({ ...NO_DRAFT, limit: 'many' }, NO_DRAFT)).toEqual({ rateLimit: { max: 'many', timeWindow: '1m' } })
  })
})
