import { describe, expect, it } from 'vitest'
import { catalogEntry, catalogModels } from './catalog.ts'

describe('catalogEntry()', () => {
  it('prefers what the host itself offers', () => {
    expect(catalogEntry('github-copilot', 'claude-sonnet-4.6')?.maxOutputTokens).toBe(32_000)
    expect(catalogEntry('anthropic', 'claude-sonnet-4-6')?.maxOutputTokens).toBe(128_000)
  })

  it('finds a dated name that nobody lists under the undated one', () => {
    expect(catalogEntry('anthropic', 'claude-sonnet-5-20260201')).toEqual(catalogEntry('anthropic', 'claude-sonnet-5'))
  })

  it('finds an Ollama name, whose size stands behind a colon', () => {
    expect(catalogEntry('ollama', 'gpt-oss:20b')?.contextWindow).toBe(131_072)
  })

  it('says null for what it does not know, inherited names included', () => {
    expect(catalogEntry('anthropic', 'no-such-model')).toBeNull()
    expect(catalogEntry('constructor', 'toString')).toBeNull()
    expect(catalogEntry('anthropic', '__proto__')).toBeNull()
  })
})

describe('catalogModels()', () => {
  it("lists a vendor's models by its own names", () => {
    expect(catalogModels('anthropic')).toContain('claude-sonnet-5')
    expect(catalogModels('openrouter')).toContain('anthropic/claude-sonnet-5')
    expect(catalogModels('constructor')).toEqual([])
  })
})
