import { describe, expect, it } from 'vitest'
import { isGoodFileName } from './file-names.ts'
import { filesIn } from './source/project.ts'

describe('file names', () => {
  it('are nouns in kebab-case', () => {
    const bad = filesIn('src', '.ts', '.json').filter(({ path }) => !isGoodFileName(path))
    expect(bad.map(({ path }) => path)).toEqual([])
  })
})

describe('isGoodFileName()', () => {
  it.each(['src/lib/utils.ts', 'src/routing/route-manager.ts', 'src/lib/jsonText.ts', 'src/lib/json_text.ts'])(
    'refuses %s',
    (path) => expect(isGoodFileName(path)).toBe(false),
  )

  it.each(['src/lib/json.ts', 'src/lib/json-text.test.ts', 'src/upstream/undici.d.ts', 'src/models/data/models.json'])(
    'takes %s',
    (path) => expect(isGoodFileName(path)).toBe(true),
  )
})
