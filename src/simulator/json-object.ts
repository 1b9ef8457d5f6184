import type { JsonValue } from '../lib/json.ts'

export type JsonObject = { readonly [key: string]: JsonValue }

/** The value if it is an object, else null. */
export function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
}

/** The value if it is an array, else null. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] | null {
  return Array.isArray(value) ? value : null
}

/** The value if it is a string, else null. */
export function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** The value if it is a finite number, else null. */
export function numberOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
