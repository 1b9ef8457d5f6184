import { describe, expect, it } from 'vitest'
import type { FunctionTool } from '../../canonical/request.ts'
import { decoded, foreignRequest } from './test-support.ts'
import { ToolNames, validToolId } from './tool-names.ts'

function tool(name: string): FunctionTool {
  return {
    kind: 'function',
    name,
    description: null,
    inputSchema: null,
    strict: null,
    deferred: false,
    cache: null,
    ext: null,
  }
}

describe('ToolNames', () => {
  it('leaves valid names alone', () => {
    const names = new ToolNames(foreignRequest({ tools: [tool('a-b_9')] }))
    expect(names.upstream('a-b_9')).toBe('a-b_9')
    expect(names.originals.size).toBe(0)
  })

  it('leaves a client of this protocol its own, whatever they are (law 1)', () => {
    const names = new ToolNames(decoded({ model: 'm', max_tokens: 1, messages: [] }))
    expect(names.upstream('server.tool')).toBe('server.tool')
    expect(names.originals.size).toBe(0)
  })

  it('gives the same name for the same one, whatever else is there', () => {
    const one = new ToolNames(foreignRequest())
    const other = new ToolNames(foreignRequest({ tools: [tool('x'), tool('a b')] }))
    expect(one.upstream('a.b')).toBe(other.upstream('a.b'))
    expect(one.upstream('a.b')).not.toBe(one.upstream('a b'))
    expect(one.originals.get(one.upstream('a.b'))).toBe('a.b')
  })

  it('does not take a name that a tool has already', () => {
    const replacement = new ToolNames(foreignRequest()).upstream('a.b')
    const names = new ToolNames(foreignRequest({ tools: [tool(replacement), tool('a.b')] }))
    expect(names.upstream('a.b')).not.toBe(replacement)
    expect(names.upstream('a.b')).toMatch(/^[\w-]{1,128}$/)
  })

  it.each(['', 'é', 'x'.repeat(500), 'a/b'.repeat(100)])('makes %j valid', (given) => {
    expect(new ToolNames(foreignRequest()).upstream(given)).toMatch(/^[\w-]{1,128}$/)
  })
})

describe('validToolId()', () => {
  it('leaves valid ids alone and replaces others, always the same way', () => {
    expect(validToolId('toolu_01-x')).toBe('toolu_01-x')
    expect(validToolId('call|1')).toMatch(/^toolu_\w{24}$/)
    expect(validToolId('call|1')).toBe(validToolId('call|1'))
    expect(validToolId('x'.repeat(65))).toMatch(/^toolu_\w{24}$/)
  })
})
