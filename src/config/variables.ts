import type { JsonValue } from '../lib/json.ts'
import type { Path } from './document.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `${NAME}`, `${NAME:-default}`, and `$${`, which stands for `${` itself. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g

interface MissingVariable {
  readonly path: Path
  /** Null: the text has a `${` that is no reference. */
  readonly name: string | null
}

export interface Expansion {
  readonly value: JsonValue
  readonly missing: readonly MissingVariable[]
  /** Paths of texts that variables contributed to, by `pathKey`. */
  readonly expanded: ReadonlySet<string>
  /** Every variable that the file names. */
  readonly names: ReadonlySet<string>
}

/** A path as the key of a set or map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/**
 * Fills in the variables of all texts. What a variable holds is never expanded again. A text whose variable is not set
 * is left out of its object: it is the caller who knows whether that is a problem.
 */
export function expandVariables(value: JsonValue, environment: Environment): Expansion {
  const missing: MissingVariable[] = []
  const expanded = new Set<string>()
  const names = new Set<string>()

  const expandText = (text: string, path: Path): string | undefined => {
    if (!text.includes('${')) return text
    let whole = true
    const result = text.replaceAll(REFERENCE, (reference, name: string | undefined, fallback: string | undefined) => {
      if (reference === '$${') return '${'
      if (name !== undefined) names.add(name)
      const found = name === undefined ? undefined : environment[name]
      // As in a shell, `:-` also replaces an empty variable.
      const filled = fallback !== undefined && !found ? fallback : found
      if (filled === undefined) {
        missing.push({ path, name: name ?? null })
        whole = false
      }
      return filled ?? ''
    })
    expanded.add(pathKey(path))
    return whole ? result : undefined
  }

  const expand = (node: JsonValue, path: Path): JsonValue | undefined => {
    if (typeof node === 'string') return expandText(node, path)
    if (Array.isArray(node)) return node.map((item, index) => expand(item, [...path, index]) ?? item)
    if (node === null || typeof node !== 'object') return node
    const entries = Object.entries(node).map(([name, item]) => [name, expand(item, [...path, name])] as const)
    return recordOf(entries)
  }

  return { value: expand(value, []) ?? null, missing, expanded, names }
}

/** An object of the entries that have a value. Keys such as `__proto__` are ordinary here. */
export function recordOf(entries: Iterable<readonly [string, JsonValue | undefined]>): { [key: string]: JsonValue } {
  const present: [string, JsonValue][] = []
  for (const [name, value] of entries) if (value !== undefined) present.push([name, value])
  return Object.fromEntries(present)
}
