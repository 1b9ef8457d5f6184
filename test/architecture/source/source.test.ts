import { describe, expect, it } from 'vitest'
import { importsOf } from './imports.ts'
import { maskSource } from './mask.ts'
import { filesIn, programFiles, resolveImport } from './project.ts'

describe('maskSource()', () => {
  it('keeps code, quotes and lines', () => {
    const { code } = maskSource("const a = 'any' // any\nconst b = 1")
    expect(code).toBe("const a = '   '       \nconst b = 1")
  })

  it.each([
    ['a string', "x('any')"],
    ['a string with an escaped quote', String.raw`x('\'any')`],
    ['a template', 'x(`any`)'],
    ['a template around an expression', 'x(`any ${y({ z: `any` })} any`)'],
    ['a block comment', 'x(/* any */)'],
    ['an unclosed block comment', 'x /* any'],
    ['a line comment at the end', 'x // any'],
    ['a regular expression', 'x(/any[/]any/)'],
    ['a comment after a regular expression with quotes', `x(/['"]/) // any`],
    ['a string after a division', "x = 1 / 2 + 'any' / 3"],
  ])('blanks %s', (_, text) => {
    const { code } = maskSource(text)
    expect(code).not.toContain('any')
    expect(code).toHaveLength(text.length)
  })

  it('sees code inside a template expression', () => {
    expect(maskSource('`a ${any} b`').code).toContain('any')
  })

  it('gives comments with their line', () => {
    expect(maskSource("a\n/* one\ntwo */ b // three\n'// four'").comments).toEqual([
      { text: '/* one\ntwo */', line: 2 },
      { text: '// three', line: 3 },
    ])
  })
})

describe('importsOf()', () => {
  it('finds every form of import, in order', () => {
    const text = `
      import { a } from './a.ts'
      import type { B } from './b.ts'
      import './c.ts'
      import * as d from "./d.ts"
      import data from './data.json' with { type: 'json' }
      export { e } from './e.ts'
      export * from './f.ts'
      export type { G } from './g.ts'
      import {
        h, // from './not-this.ts'
        type I,
      } from './h.ts'
      const j = await import('./j.ts')
    `
    expect(importsOf(text).map(({ specifier, kind }) => `${kind} ${specifier}`)).toEqual([
      'static ./a.ts',
      'type ./b.ts',
      'static ./c.ts',
      'static ./d.ts',
      'static ./data.json',
      'static ./e.ts',
      'static ./f.ts',
      'type ./g.ts',
      'static ./h.ts',
      'dynamic ./j.ts',
    ])
  })

  it('ignores imports in strings and comments', () => {
    expect(importsOf("// import './a.ts'\nconst text = `import './b.ts'`\nArray.from('c')")).toEqual([])
  })
})

describe('the files of the project', () => {
  it('resolveImport() gives paths from the root, and null for packages', () => {
    expect(resolveImport('src/lib/json.ts', '../canonical/event.ts')).toBe('src/canonical/event.ts')
    expect(resolveImport('src/lib/json.ts', 'undici')).toBeNull()
  })

  it('filesIn() finds this file', () => {
    expect(filesIn('test/architecture', '.ts').map((file) => file.path)).toContain(
      'test/architecture/source/source.test.ts',
    )
  })

  it('every relative import of the program leads to a file', () => {
    const paths = new Set([...filesIn('src', '.ts', '.json').map((file) => file.path), 'package.json'])
    const dangling = programFiles()
      .flatMap(({ path, text }) =>
        importsOf(text).map(({ specifier }) => ({ path, target: resolveImport(path, specifier) })),
      )
      .filter(({ target }) => target !== null && !paths.has(target))
    expect(dangling).toEqual([])
  })
})
