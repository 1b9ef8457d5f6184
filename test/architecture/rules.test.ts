import { describe, expect, it } from 'vitest'
import { ruleViolations, RULES, sourceOf } from './rules.ts'
import { filesIn } from './source/project.ts'

const TEXT_FILES = [
  '.ts',
  '.tsx',
  '.css',
  '.html',
  '.mjs',
  '.js',
  '.json',
  '.jsonc',
  '.md',
  '.sh',
  '.yml',
  '.yaml',
  '.txt',
  '.sse',
  '.py',
]

describe('rules', () => {
  it('no file breaks any', () => {
    expect(filesIn('', ...TEXT_FILES).flatMap(ruleViolations)).toEqual([])
  })
})

describe.each(RULES)('rule "$name"', (rule) => {
  it.each(rule.samples.bad)('is broken by %j', (text) => {
    expect(rule.breaks(sourceOf(text))).toBe(true)
  })

  it.each(rule.samples.good)('is kept by %j', (text) => {
    expect(rule.breaks(sourceOf(text))).toBe(false)
  })
})
