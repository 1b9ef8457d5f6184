import { describe, expect, it } from 'vitest'
import { importCycles } from './cycles.ts'
import { programFiles } from './source/project.ts'

describe('imports', () => {
  it('form no cycle', () => {
    expect(importCycles(programFiles())).toEqual([])
  })
})

describe('importCycles()', () => {
  const cycles = (files: Readonly<Record<string, string>>): readonly string[] =>
    importCycles(Object.entries(files).map(([path, text]) => ({ path, text })))

  it('finds a cycle over several files, types included', () => {
    expect(
      cycles({
        'src/a.ts': "import { b } from './b.ts'",
        'src/b.ts': "export * from './c.ts'",
        'src/c.ts': "import type { A } from './a.ts'",
      }),
    ).toEqual(['src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts'])
  })

  it('finds a file that imports itself', () => {
    expect(cycles({ 'src/a.ts': "import { a } from './a.ts'" })).toHaveLength(1)
  })

  it('allows two ways to the same file, and a lazy way back', () => {
    expect(
      cycles({
        'src/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'",
        'src/b.ts': "import { c } from './c.ts'",
        'src/c.ts': "const a = () => import('./a.ts')",
      }),
    ).toEqual([])
  })
})
