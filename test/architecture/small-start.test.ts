import { expect, it } from 'vitest'
import { importsOf } from './source/imports.ts'
import { programFiles, resolveImport } from './source/project.ts'

/** What a gateway needs only when somebody asks for it. */
const LATER = [
  /^src\/server\/(openapi|operations)\//,
  /^src\/server\/describe-operation\.ts$/,
  /^src\/protocols\/[^/]+\/descriptions\.ts$/,
  /^src\/admission\/key-json\.ts$/,
  /^src\/alerts\/rule-json\.ts$/,
  /^node:inspector/,
  /^zod\/v4\/core$/,
]

it('a gateway starts without its documentation and its profiler', () => {
  const texts = new Map(programFiles().map(({ path, text }) => [path, text]))
  const loaded = new Set<string>()
  const open = ['src/gateway.ts', 'src/cli/serve.ts', 'src/cli/serve-as-worker.ts']
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (loaded.has(path)) continue
    loaded.add(path)
    const imports = importsOf(texts.get(path) ?? '').filter(({ kind }) => kind === 'static')
    for (const { specifier } of imports) open.push(resolveImport(path, specifier) ?? specifier)
  }
  expect(loaded.size).toBeGreaterThan(100)
  expect([...loaded].filter((path) => LATER.some((pattern) => pattern.test(path)))).toEqual([])
})
