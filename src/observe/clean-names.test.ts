import { describe, expect, it } from 'vitest'
import { CleanNames } from './clean-names.ts'

describe('CleanNames', () => {
  it('gives a name as it is, or without what nobody should see or a terminal would obey', () => {
    const names = new CleanNames()
    expect(names.of('gpt-5.5')).toBe('gpt-5.5')
    expect(names.of('a\u001b[31mb')).toBe('a\\u001b[31mb')
    expect(names.of('sk-ant-canary0123456789')).toBe('[redacted]')
  })

  it('cuts long ones', () => {
    const names = new CleanNames()
    expect(names.of('x'.repeat(200))).toHaveLength(200)
    expect(names.of('x'.repeat(100_000))).toBe(`${'x'.repeat(200)}...`)
  })

  it('cleans the same name once, and remembers so many at most', () => {
    let cleaned = 0
    const names = new CleanNames((text) => {
      cleaned++
      return text
    })
    for (let round = 0; round < 3; round++) names.of('gpt-5.5')
    expect(cleaned).toBe(1)
    for (let count = 0; count < 5000; count++) names.of(`model-${count}`)
    names.of('gpt-5.5')
    expect(cleaned).toBe(5002)
  })
})
