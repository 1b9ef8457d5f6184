import { describe, expect, it } from 'vitest'
import { TOOL_RULE, toolOf } from './tool-rule.ts'

describe('TOOL_RULE', () => {
  it.each([
    '*',
    'Read',
    'Bash(git *)',
    'Bash(git log:*)',
    'Read(~/src/**)',
    'WebFetch(domain:example.com)',
    'mcp__files__*',
    'Bash(echo \\(a, b\\))',
    'Bash()',
  ])('is %s', (rule) => expect(rule).toMatch(TOOL_RULE))

  it.each([
    '',
    '--dangerously-skip-permissions',
    'Read,Write',
    'Read Write',
    'Bash(git log:*) Bash(rm *)',
    'Bash(git log:*),Write',
    'Bash(a)(b)',
    'Bash(git *',
    '(git *)',
    'Bash (git *)',
    'Bash(a\0b)',
    'Bash(a\\)',
    'Read\n',
  ])('is not %j', (rule) => expect(rule).not.toMatch(TOOL_RULE))
})

it('toolOf() is the name before what of it is meant', () => {
  expect(['Read', 'Bash(git log:*)', 'Edit(a\nb)'].map(toolOf)).toEqual(['Read', 'Bash', 'Edit'])
})
