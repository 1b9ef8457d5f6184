import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { oldGenerationLimit } from './heap-limit.ts'

const MEGABYTE = 1024 * 1024

describe('oldGenerationLimit()', () => {
  it.each([
    ['the flag that counts last', 240, ['--max-old-space-size=512', '--max_old_space_size=48'], 48],
    ['a large heap', 4288, [], 4096],
    ['a large heap of a large machine', 8384, ['--expose-gc'], 8192],
  ])('%s', (_title, limit, flags, expected) => {
    expect(oldGenerationLimit(limit * MEGABYTE, flags) / MEGABYTE).toBeCloseTo(expected, 0)
  })

  it('of a small heap leaves some for the young generation', () => {
    const limit = oldGenerationLimit(256 * MEGABYTE, [])
    expect(limit).toBeLessThan(256 * MEGABYTE)
    expect(limit).toBeGreaterThan(240 * MEGABYTE)
  })
})

describe('ownHeapLimit()', () => {
  it.each([
    ['on the command line', ['--max-old-space-size=77'], {}],
    ['in the environment', [], { NODE_OPTIONS: '--max-old-space-size=77' }],
  ])('is what Node was told %s', (_title, flags, environment) => {
    const program = `
      import { ownHeapLimit, oldGenerationUsed } from ${JSON.stringify(new URL('heap-limit.ts', import.meta.url).href)}
      console.log(ownHeapLimit(process.env.NODE_OPTIONS ?? '') / 1048576, oldGenerationUsed() > 1e6)`
    const { stdout } = spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', program], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    })
    expect(stdout.trim()).toBe('77 true')
  })
})
