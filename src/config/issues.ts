import * as z from 'zod/mini'
import type { JsonValue } from '../lib/json.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import { type ConfigDocument, formatPath, type Path } from './document.ts'
import { describeKind, describeName, describeValue } from './excerpt.ts'
import { factsOf, layersOf, type Schema, schemaAt } from './known-keys.ts'
import { type ConfigProblem, problemWithoutPlace } from './problem.ts'
import { pathKey } from './variables.ts'

/** Where values came from that the file does not have, for messages: `UCR_PORT`, `--port`. By `pathKey`. */
type Origins = ReadonlyMap<string, string>

export interface Places {
  readonly document: ConfigDocument | null
  readonly origins: Origins
  /** Values of the file that variables contributed to: never shown. By `pathKey`. */
  readonly expanded: ReadonlySet<string>
}

export type Parts = Pick<ConfigProblem, 'severity' | 'message' | 'fix'>

/** A problem with what stands at `path`, wherever that came from. */
export function problemAt(places: Places, path: Path, parts: Parts, reveal = false): ConfigProblem {
  const origin = originOf(places, path)
  if (origin !== null) return problemWithoutPlace({ ...parts, field: origin })
  return (
    places.document?.problemAt(path, parts, { reveal }) ?? problemWithoutPlace({ ...parts, field: formatPath(path) })
  )
}

/** The flag or variable that the value at `path` came from, null for the file. */
function originOf({ origins }: Places, path: Path): string | null {
  for (let depth = path.length; depth > 0; depth--) {
    const origin = origins.get(pathKey(path.slice(0, depth)))
    if (origin !== undefined) return origin
  }
  return null
}

/** What the schema found wrong, in words. The schema's own messages complete "must be ...". */
export function issueProblem(
  issue: z.core.$ZodIssue,
  value: JsonValue,
  schema: Schema,
  places: Places,
): { readonly path: Path; readonly problem: ConfigProblem } {
  const finding = innermost(issue)
  return { path: finding.path, problem: findingProblem(finding, value, schema, places) }
}

function findingProblem(
  { path, expected, values }: Finding,
  value: JsonValue,
  schema: Schema,
  places: Places,
): ConfigProblem {
  const at = schemaAt(schema, path)
  const found = valueAt(value, path)
  const example = exampleOf(at, path, originOf(places, path)) ?? 'correct it, or remove it'
  if (found === undefined) {
    return problemAt(places, path, { severity: 'error', message: 'is missing', fix: example })
  }
  const hidden = at === null || factsOf(at).secret || places.expanded.has(pathKey(path))
  const shown = hidden ? describeKind(found) : describeValue(found)
  const [nearest] = typeof found === 'string' && !hidden ? nearestNames(found, values, 1) : []
  const fix = nearest === undefined ? example : `write ${JSON.stringify(nearest)}`
  return problemAt(places, path, { severity: 'error', message: `must be ${expected}, not ${shown}`, fix }, !hidden)
}

interface Finding {
  readonly path: Path
  readonly expected: string
  /** What an enumeration takes. */
  readonly values: readonly string[]
}

/** The issue itself, or the one within the only choice of a union whose type fits. */
function innermost(issue: z.core.$ZodIssue, base: Path = []): Finding {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => issues.every((inner) => !isWrongType(inner)))
    if (branch?.[0] !== undefined) return innermost(branch[0], path)
  }
  const values = issue.code === 'invalid_value' ? issue.values.filter((value) => typeof value === 'string') : []
  return { path, expected: issue.message, values }
}

function isWrongType(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type'
}

/** All paths that an issue may be about: a union's own, and those within its choices. */
export function issuePaths(issue: z.core.$ZodIssue, base: Path = []): Path[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  const inner = issue.code === 'invalid_union' ? issue.errors.flat() : []
  return [path, ...inner.flatMap((nested) => issuePaths(nested, path))]
}

export function valueAt(value: JsonValue, path: Path): JsonValue | undefined {
  let at: JsonValue | undefined = value
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step]
    else if (at !== null && typeof at === 'object' && !Array.isArray(at))
      at = Object.hasOwn(at, step) ? at[step] : undefined
    else return undefined
  }
  return at
}

function exampleOf(schema: Schema | null, path: Path, origin: string | null): string | null {
  const name = path.at(-1)
  for (const layer of schema === null ? [] : layersOf(schema)) {
    const examples: unknown = z.globalRegistry.get(layer)?.['examples']
    const example: unknown = Array.isArray(examples) ? examples[0] : defaultOf(layer)
    if (example !== undefined) {
      const value = JSON.stringify(example)
      if (origin !== null)
        return `for example ${origin}${origin.startsWith('-') ? ' ' : '='}${value.replaceAll('"', '')}`
      return `for example ${typeof name === 'string' ? `${describeName(name)}: ${value}` : value}`
    }
  }
  return null
}

function defaultOf(schema: Schema): unknown {
  return schema instanceof z.ZodMiniPrefault ? schema.def.defaultValue : undefined
}
