import { describe, expect, it } from 'vitest'
import { DEFAULT_CLAUDE_CODE_OPTIONS } from '../../providers/claude-code-options.ts'
import type { Headers } from '../../lib/headers.ts'
import { grantOf, readWishes } from './wishes.ts'

const OPTIONS = { ...DEFAULT_CLAUDE_CODE_OPTIONS, allowedTools: ['Read', 'Bash(git log:*)'], maxTurns: 10 }

const granted = (headers: Headers, options = OPTIONS) => {
  const wishes = readWishes(headers)
  return 'status' in wishes ? wishes : grantOf(options, wishes)
}

describe('grantOf()', () => {
  it('is what the config says where the client says nothing', () => {
    expect(granted({})).toEqual({ tools: ['Read', 'Bash(git log:*)'], permissionMode: 'dontAsk', maxTurns: 10 })
  })

  it.each<[string, Headers, object]>([
    ['fewer tools', { 'x-claude-allowed-tools': 'Read' }, { tools: ['Read'] }],
    ['a tool by its name alone', { 'x-claude-allowed-tools': 'Bash' }, { tools: ['Bash(git log:*)'] }],
    ['no tool that the config does not allow', { 'x-claude-allowed-tools': 'Write, Bash(rm:*)' }, { tools: [] }],
    ['not some', { 'x-claude-disallowed-tools': 'Bash' }, { tools: ['Read'] }],
    ['a stricter mode', { 'x-claude-permission-mode': 'plan' }, { permissionMode: 'plan' }],
    ['no laxer mode', { 'x-claude-permission-mode': 'bypassPermissions' }, { permissionMode: 'dontAsk' }],
    ['the usual mode', { 'x-claude-permission-mode': 'default' }, { permissionMode: 'dontAsk' }],
    ['fewer turns', { 'x-claude-max-turns': '3' }, { maxTurns: 3 }],
    ['not more turns', { 'x-claude-max-turns': '30' }, { maxTurns: 10 }],
  ])('lets a client ask for %s', (_, headers, expected) => {
    expect(granted(headers)).toMatchObject(expected)
  })

  it.each<[string, Headers]>([
    ['too many turns', { 'x-claude-max-turns': '101' }],
    ['turns that are no number', { 'x-claude-max-turns': 'many' }],
    ['too many tokens', { 'x-claude-max-thinking-tokens': '50001' }],
    ['an unknown mode', { 'x-claude-permission-mode': 'yolo' }],
    ['a tool in both lists', { 'x-claude-allowed-tools': 'Read', 'x-claude-disallowed-tools': 'Read' }],
  ])('refuses %s', (_, headers) => {
    expect(readWishes(headers)).toMatchObject({ status: 400 })
  })
})
