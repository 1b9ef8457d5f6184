import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** A file of this project. */
export interface SourceFile {
  /** From the project's folder, with forward slashes: `src/lib/json.ts`. */
  readonly path: string
  readonly text: string
}

export const PROJECT_FOLDER = join(import.meta.dirname, '..', '..', '..')

/** What tools made, and what is not ours. */
const FOREIGN = new Set(['node_modules', 'dist', '.git', '.node', '.cache', '.venv', '__pycache__'])

/** All files below a folder of the project, given from its root, whose name ends in one of the endings. */
export function filesIn(folder: string, ...endings: readonly string[]): readonly SourceFile[] {
  return pathsIn(folder)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(PROJECT_FOLDER, path), 'utf8') }))
}

/** The TypeScript of `src/` that is not a test. */
export function programFiles(): readonly SourceFile[] {
  return filesIn('src', '.ts').filter((file) => !isTest(file.path))
}

/** Tests, what several tests of a folder share, and what every adapter of a port is tested with. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('/test-support.ts') || path.endsWith('.contract.ts')
}

/** The text of one file, or null where there is none. */
export function readProjectFile(path: string): string | null {
  try {
    return readFileSync(join(PROJECT_FOLDER, path), 'utf8')
  } catch {
    return null
  }
}

/** The path, from the project's folder, that a relative import in a file leads to; null for packages and builtins. */
export function resolveImport(path: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : null
}

function pathsIn(folder: string): readonly string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(PROJECT_FOLDER, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (FOREIGN.has(entry.name)) continue
    if (entry.isDirectory()) found.push(...pathsIn(path))
    else if (entry.isFile()) found.push(path)
  }
  return found.toSorted()
}
