import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { referencesOf } from './documents.ts'
import { filesIn, PROJECT_FOLDER } from './source/project.ts'

/** Told about, though nothing is in it yet. */
const PLANNED = new Set(['src/store'])

describe('documents', () => {
  it('refer only to files that are there', () => {
    const dead = filesIn('', '.md').flatMap((file) =>
      referencesOf(file)
        .filter((target) => !PLANNED.has(target) && !existsSync(join(PROJECT_FOLDER, target)))
        .map((target) => `${file.path}: ${target}`),
    )
    expect(dead).toEqual([])
  })
})

describe('referencesOf()', () => {
  it('reads paths in code spans and relative links', () => {
    const text = 'See `src/lib/json.ts`, `src/lib/` and [this](../api.md#x), [that](https://example.com/a.md).'
    expect(referencesOf({ path: 'docs/guide/a.md', text })).toEqual(['src/lib/json.ts', 'src/lib', 'docs/api.md'])
  })

  it('reads paths in drawings, which begin below src/', () => {
    expect(referencesOf({ path: 'a.md', text: ' 7 exchange/relay.ts    one write' })).toEqual(['src/exchange/relay.ts'])
  })

  it('leaves out patterns, and code that is no path', () => {
    const text = '`src/protocols/<name>/wire.ts`, `npm test`, `scripts`, `src/*.ts`'
    expect(referencesOf({ path: 'a.md', text })).toEqual([])
  })
})
