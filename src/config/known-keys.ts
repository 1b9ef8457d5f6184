import type { Node } from 'jsonc-parser'
import * as z from 'zod/mini'
import type { JsonValue } from '../lib/json.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import type { ConfigDocument, Path } from './document.ts'
import { formatDuration } from '../lib/duration.ts'
import type { ConfigProblem } from './problem.ts'
import { FACTS } from './scalars.ts'
import { recordOf } from './variables.ts'

export type Schema = z.core.$ZodType

export interface Selection {
  readonly value: JsonValue
  /** Warnings only. */
  readonly problems: readonly ConfigProblem[]
}

/**
 * The document's value without what the schema does not know, with a warning for each: a config of a newer version, or
 * of this project's predecessor, still starts.
 */
export function selectKnown(document: ConfigDocument, schema: Schema): Selection {
  const problems: ConfigProblem[] = []

  const select = (node: Node, at: Schema | null, path: Path): JsonValue => {
    if (at !== null) warnAboutUnit(document, node, at, path, problems)
    if (node.type === 'array') {
      const item = at === null ? null : itemSchema(at)
      return (node.children ?? []).map((child, index) => select(child, item, [...path, index]))
    }
    if (node.type !== 'object') return scalarOf(node)
    const shape = at === null ? null : shapeOf(at)
    const everyValue = at === null ? null : valueSchema(at)
    return recordOf(
      (node.children ?? []).map((property) => {
        const [key, child] = property.children ?? []
        const name = String(key?.value ?? '')
        if (child === undefined) return [name, undefined]
        const inner = [...path, name]
        if (shape === null) return [name, select(child, everyValue, inner)]
        const known = Object.hasOwn(shape, name) ? shape[name] : undefined
        const warning = known === undefined ? unknownKey(name, shape) : noEffect(known)
        if (warning === null) return [name, select(child, known ?? null, inner)]
        problems.push(document.problemAt(inner, warning, { onName: true, reveal: true }))
        return [name, undefined]
      }),
    )
  }

  return { value: select(document.root, schema, []), problems }
}

type Warning = Pick<ConfigProblem, 'severity' | 'message' | 'fix'>

function unknownKey(name: string, shape: Readonly<Record<string, Schema>>): Warning {
  const known = Object.keys(shape).filter((key) => inertReason(shape[key]) === null && !key.startsWith('$'))
  const [nearest] = nearestNames(name, known, 1)
  const fix = nearest === undefined ? `remove it; known here: ${known.join(', ')}` : `write "${nearest}"`
  return { severity: 'warning', message: 'is not a known key and has no effect', fix }
}

function noEffect(schema: Schema): Warning | null {
  const reason = inertReason(schema)
  return reason === null ? null : { severity: 'warning', message: `has no effect: ${reason}`, fix: 'remove it' }
}

/** Why a key is accepted without effect; null for one that has an effect. */
export function inertReason(schema: Schema | undefined): string | null {
  return (schema === undefined ? undefined : FACTS.get(schema)?.inert) ?? null
}

/** S0 and most programs give times in milliseconds; here a bare number is seconds, so 30000 is more than eight hours. */
function warnAboutUnit(document: ConfigDocument, node: Node, at: Schema, path: Path, problems: ConfigProblem[]): void {
  const value: unknown = node.value
  if (typeof value !== 'number' || value <= 3600 || factsOf(at).kind !== 'duration') return
  const message = `is a number of seconds: ${value} is more than an hour`
  const fix = `write "${formatDuration(Math.round(value))}" if you mean ${value} milliseconds, else "${value}s"`
  problems.push(document.problemAt(path, { severity: 'warning', message, fix }, { reveal: true }))
}

function scalarOf(node: Node): JsonValue {
  const value: unknown = node.value
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** What is known of the value that `schema` describes, below its wrappers. */
export function factsOf(schema: Schema): { readonly kind: 'duration' | 'size' | null; readonly secret: boolean } {
  let kind: 'duration' | 'size' | null = null
  let secret = false
  for (const layer of layersOf(schema)) {
    const facts = FACTS.get(layer)
    kind = facts?.kind ?? kind
    secret = facts?.secret ?? secret
  }
  return { kind, secret }
}

/** The schema of what stands at `path`, null where the schema has no such place. */
export function schemaAt(schema: Schema, path: Path): Schema | null {
  let at: Schema | null = schema
  for (const step of path) {
    if (at === null) return null
    at = typeof step === 'number' ? itemSchema(at) : (shapeOf(at)?.[step] ?? valueSchema(at))
  }
  return at
}

/** The members of an object with fixed keys, else null. */
export function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | null {
  for (const layer of layersOf(schema)) if (layer instanceof z.ZodMiniObject) return layer.def.shape
  return null
}

/** Whatever each value of an object with free keys must be, else null. */
export function valueSchema(schema: Schema): Schema | null {
  for (const layer of layersOf(schema)) if (layer instanceof z.ZodMiniRecord) return layer.def.valueType
  return null
}

/** Whatever each element of a list must be, else null. */
export function itemSchema(schema: Schema): Schema | null {
  for (const layer of layersOf(schema)) if (layer instanceof z.ZodMiniArray) return layer.def.element
  return null
}

/** The schema, what it wraps, and for unions each of the choices: no union of ours has two choices of one JSON type. */
export function layersOf(schema: Schema): Schema[] {
  const inner = innerOf(schema)
  return [schema, ...inner.flatMap(layersOf)]
}

function innerOf(schema: Schema): readonly Schema[] {
  if (
    schema instanceof z.ZodMiniOptional ||
    schema instanceof z.ZodMiniExactOptional ||
    schema instanceof z.ZodMiniPrefault ||
    schema instanceof z.ZodMiniNullable
  ) {
    return [schema.def.innerType]
  }
  if (schema instanceof z.ZodMiniPipe) return [schema.def.in]
  return schema instanceof z.ZodMiniUnion ? schema.def.options : []
}
