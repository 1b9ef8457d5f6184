import { importsOf } from './source/imports.ts'
import { resolveImport, type SourceFile } from './source/project.ts'

/**
 * The first cycle found along each path of imports, as the files on it: types count, because a cycle of types is one in
 * the reader's head too. Lazy imports do not: a command that lists all commands is no puzzle.
 */
export function importCycles(files: readonly SourceFile[]): readonly string[] {
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      cycles.push([...trail.slice(start), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return cycles
}

function targetsOf({ path, text }: SourceFile): readonly string[] {
  return importsOf(text)
    .filter(({ kind }) => kind !== 'dynamic')
    .map(({ specifier }) => resolveImport(path, specifier))
    .filter((target) => target !== null)
}
