import { describe, expect, it } from 'vitest'
import { DEFAULT_CLAUDE_CODE_OPTIONS } from '../../providers/claude-code-options.ts'
import type { ClaudeCodeOptions } from '../../providers/claude-code-options.ts'
import type { Headers } from '../../lib/headers.ts'
import { grantOf, readWishes } from './wishes.ts'

const OPTIONS: ClaudeCodeOptions = {
  ...DEFAULT_CLAUDE_CODE_OPTIONS,
  allowedTools: ['Read', 'Bash(git log:*)'],
  maxTurns: 10,
}

const granted = (headers: Headers, claudeTools: readonly string[] | null = null, options = OPTIONS) => {
  const wishes = readWishes(headers)
  return 'status' in wishes ? wishes : grantOf(options, claudeTools, wishes)
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

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['none', ['Read', 'Bash'], [], []],
    ['all', ['Read', 'Bash'], ['*'], ['Read', 'Bash']],
    ['one', ['Read', 'Bash'], ['Read'], ['Read']],
    ['none that the config does not allow', ['Read'], ['Write', 'Bash(git *)'], []],
    ['rules by their tool', ['Bash(git log:*)', 'Read(./a)'], ['Bash'], ['Bash(git log:*)']],
    ['rules by a pattern', ['Bash(git log:*)', 'Bash(rm:*)'], ['Bash(git *)'], ['Bash(git log:*)']],
    ['tools by a pattern', ['mcp__a__x', 'mcp__b__x', 'Read'], ['mcp__a__*'], ['mcp__a__x']],
    ['a part of a whole tool', ['Read', 'Bash'], ['Bash(git *)', 'Bash(ls:*)'], ['Bash(git *)', 'Bash(ls:*)']],
    ['no part of a part', ['Bash(git:*)'], ['Bash(git log:*)'], []],
    ['no tool of a like name', ['ReadAll'], ['Read'], []],
  ])('lets a caller use %s', (_, allowedTools, claudeTools, tools) => {
    expect(granted({}, claudeTools, { ...OPTIONS, allowedTools })).toMatchObject({ tools })
    const greedy = { 'x-claude-allowed-tools': [...allowedTools, ...tools, 'Bash', 'Write'].join(',') }
    expect(granted(greedy, claudeTools, { ...OPTIONS, allowedTools })).toMatchObject({ tools })
  })

  it('lets a client narrow what a key may use', () => {
    const whole = { ...OPTIONS, allowedTools: ['Read', 'Bash'] }
    expect(granted({ 'x-claude-disallowed-tools': 'Bash' }, ['Read', 'Bash(git *)'], whole)).toMatchObject({
      tools: ['Read'],
    })
  })

  it.each<[readonly string[] | null, string]>([
    [null, 'bypassPermissions'],
    [['*'], 'bypassPermissions'],
    [['Read', 'Bash*'], 'dontAsk'],
    [[], 'dontAsk'],
  ])('of a config that bypasses permissions: %j in mode %s', (claudeTools, permissionMode) => {
    const lax = { ...OPTIONS, permissionMode: 'bypassPermissions' } as const
    expect(granted({}, claudeTools, lax)).toMatchObject({ permissionMode })
    const asked = { 'x-claude-permission-mode': 'bypassPermissions' }
    expect(granted(asked, claudeTools, lax)).toMatchObject({ permissionMode })
    expect(granted({ 'x-claude-permission-mode': 'plan' }, claudeTools, lax)).toMatchObject({ permissionMode: 'plan' })
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
