import { maskSource } from './mask.ts'

/** One module that a source text refers to. */
export interface Import {
  /** As written: `./json.ts`, `node:fs`, `undici/lib/dispatcher/pool.js`. */
  readonly specifier: string
  /** `static` covers re-exports; `dynamic` is `import()`, which runs later or never. */
  readonly kind: 'static' | 'type' | 'dynamic'
}

/** `from '...'` and `import '...'` are found with their quotes; what is between the quotes is blank in masked code. */
const STATIC = /\b(?:from|import)\s*(['"])/g
const DYNAMIC = /\bimport\s*\(\s*(['"])/g

/** What a module imports and re-exports. Computed specifiers are not seen. */
export function importsOf(text: string): readonly Import[] {
  const { code } = maskSource(text)
  const found: (Import & { readonly at: number })[] = []
  for (const match of code.matchAll(STATIC)) {
    found.push({
      specifier: quoted(text, match),
      kind: isTypeOnly(code, match) ? 'type' : 'static',
      at: match.index,
    })
  }
  for (const match of code.matchAll(DYNAMIC)) {
    found.push({ specifier: quoted(text, match), kind: 'dynamic', at: match.index })
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ specifier, kind }) => ({ specifier, kind }))
}

/** The string that begins at the end of a match, taken from the unmasked text. */
function quoted(text: string, match: RegExpExecArray): string {
  const start = match.index + match[0].length
  return text.slice(start, text.indexOf(match[1] ?? "'", start))
}

/** Whether the statement that ends in this `from` begins with `import type` or `export type`. */
function isTypeOnly(code: string, match: RegExpExecArray): boolean {
  if (match[0].startsWith('import')) return false
  const before = code.slice(0, match.index)
  const start = Math.max(before.lastIndexOf('import'), before.lastIndexOf('export'))
  return start >= 0 && /^(?:import|export)\s+type\b/.test(before.slice(start))
}
