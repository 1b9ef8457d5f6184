import { describe, expect, it } from 'vitest'
import { RouteTable } from './route-table.ts'
import type { RouteSettings } from './settings.ts'

const to = (target: string): RouteSettings => ({ policy: 'first', targets: [{ target, weight: 1 }] })

describe('RouteTable', () => {
  const table = new RouteTable(
    new Map([
      ['claude-*', to('a')],
      ['claude-opus-5', to('b')],
      ['*-mini', to('c')],
      ['gpt-*-20*-preview', to('d')],
      ['a.b+c*', to('e')],
    ]),
  )

  it.each([
    ['claude-sonnet-5', 'claude-*'],
    ['claude-', 'claude-*'],
    ['gpt-5.5-mini', '*-mini'],
    ['x/y-mini', '*-mini'],
    ['gpt-5-2026-preview', 'gpt-*-20*-preview'],
    ['gpt--20-preview', 'gpt-*-20*-preview'],
    ['a.b+cd', 'a.b+c*'],
  ])('finds for %s the pattern %s', (name, pattern) => {
    expect(table.matching(name)?.pattern).toBe(pattern)
  })

  it.each(['claude', 'Claude-opus', 'gpt-20-preview', 'axb+cd', ''])('finds no pattern for %j', (name) => {
    expect(table.matching(name)).toBeNull()
  })

  it('keeps exact names apart', () => {
    expect(table.exact('claude-opus-5')).toEqual(to('b'))
    expect(table.exact('claude-*')).toBeNull()
  })

  it('matches in linear time', () => {
    const stars = new RouteTable(new Map([[`${'a*'.repeat(30)}b`, to('x')]]))
    expect(stars.matching('a'.repeat(200_000))).toBeNull()
  })
})
