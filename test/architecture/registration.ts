import { importsOf } from './source/imports.ts'
import { maskSource } from './source/mask.ts'
import { resolveImport, type SourceFile } from './source/project.ts'

/** The files that no chain of imports leads to from the entries; lazy imports and imports of types count. */
export function unreachable(entries: readonly string[], files: readonly SourceFile[]): readonly SourceFile[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const reached = new Set<string>()
  const open = [...entries]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = texts.get(path)
    if (text === undefined || reached.has(path)) continue
    reached.add(path)
    for (const { specifier } of importsOf(text)) open.push(resolveImport(path, specifier) ?? '')
  }
  return files.filter(({ path }) => !reached.has(path))
}

/** A folder whose parts are known by being in a list. */
export interface Registry {
  readonly folder: string
  /** Whether a file is one of those that have to be listed. */
  readonly isEntry: (file: SourceFile) => boolean
}

export const REGISTRIES: readonly Registry[] = [
  { folder: 'src/protocols', isEntry: ({ path, text }) => path.split('/').length > 3 && hasValues(text) },
  {
    folder: 'src/providers',
    isEntry: ({ text }) => /^export const \w+.*\b(?:ProviderDefinition\b|defineProvider\()/m.test(text),
  },
  { folder: 'src/routing/policies', isEntry: ({ text }) => hasValues(text) },
  { folder: 'src/cli/commands', isEntry: ({ text }) => hasValues(text) },
]

/** The entries of a folder that its `index.ts` does not lead to, directly or through another file of the folder. */
export function unregistered({ folder, isEntry }: Registry, files: readonly SourceFile[]): readonly string[] {
  const inside = files.filter(({ path }) => path.startsWith(`${folder}/`))
  return unreachable([`${folder}/index.ts`], inside)
    .filter(isEntry)
    .map(({ path }) => path)
}

function hasValues(text: string): boolean {
  return /^export\s+(?:async\s+function|abstract\s+class|function|class|const|\{|\*)/m.test(maskSource(text).code)
}
