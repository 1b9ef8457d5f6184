import { describe, expect, it } from 'vitest'
import { REGISTRIES, unreachable, unregistered } from './registration.ts'
import { programFiles, type SourceFile } from './source/project.ts'

const ENTRIES = ['src/cli/main.ts', 'src/cli/wrapper-main.ts', 'src/index.ts']

describe('registration', () => {
  it.each(REGISTRIES)('everything in $folder is in its list', (registry) => {
    expect(unregistered(registry, programFiles())).toEqual([])
  })

  it('every file is part of the program', () => {
    const dead = unreachable(ENTRIES, programFiles()).map(({ path }) => path)
    expect(dead.filter((path) => !path.endsWith('.d.ts'))).toEqual([])
  })
})

const files = (texts: Readonly<Record<string, string>>): readonly SourceFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, text }))

describe('unregistered()', () => {
  const unregisteredIn = (folder: string, texts: Readonly<Record<string, string>>): readonly string[] =>
    REGISTRIES.filter((registry) => registry.folder === folder).flatMap((registry) =>
      unregistered(registry, files(texts)),
    )

  it('names a file that the list leaves out', () => {
    const found = unregisteredIn('src/routing/policies', {
      'src/routing/policies/index.ts': "import { first } from './first.ts'",
      'src/routing/policies/first.ts': 'export const first = 1',
      'src/routing/policies/weighted.ts': 'export const weighted = 1',
    })
    expect(found).toEqual(['src/routing/policies/weighted.ts'])
  })

  it('names a vendor that the list leaves out, and no other file beside it', () => {
    const found = unregisteredIn('src/providers', {
      'src/providers/index.ts': "import { openai } from './openai.ts'",
      'src/providers/openai.ts': 'export const openai: ProviderDefinition = {}',
      'src/providers/azure.ts': 'export const azure = defineProvider({})',
      'src/providers/base-url.ts': 'export function baseUrl(definition: ProviderDefinition) {}',
    })
    expect(found).toEqual(['src/providers/azure.ts'])
  })

  it('names a folder that the list leaves out, though others use it', () => {
    const found = unregisteredIn('src/protocols', {
      'src/protocols/index.ts': "import { a } from './a/index.ts'",
      'src/protocols/a/index.ts': "export { a } from './a.ts'",
      'src/protocols/a/a.ts': 'export const a = 1',
      'src/protocols/b/index.ts': 'export const b = 1',
      'src/gateway.ts': "import { b } from './protocols/b/index.ts'",
    })
    expect(found).toEqual(['src/protocols/b/index.ts'])
  })

  it('takes lazy entries, and contracts that nobody lists', () => {
    const found = unregisteredIn('src/cli/commands', {
      'src/cli/commands/index.ts': "const start = () => import('./start.ts')",
      'src/cli/commands/start.ts': 'export const command = 1',
      'src/cli/commands/contract.ts': 'export interface Command {}',
    })
    expect(found).toEqual([])
  })
})

describe('unreachable()', () => {
  it('names files that only each other import', () => {
    const found = unreachable(
      ['src/index.ts'],
      files({
        'src/index.ts': "export { a } from './a.ts'",
        'src/a.ts': '',
        'src/b.ts': "import { c } from './c.ts'",
        'src/c.ts': "import { b } from './b.ts'",
      }),
    )
    expect(found.map(({ path }) => path)).toEqual(['src/b.ts', 'src/c.ts'])
  })
})
