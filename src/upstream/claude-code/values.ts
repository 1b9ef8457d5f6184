import type { JsonValue } from '../../lib/json.ts'

export type JsonObject = Record<string, JsonValue>

/** What is read here was written by clients and by a program: each member is looked at before it is used. */
export function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
}

export function asText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

export function asNumber(value: JsonValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}

export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

export function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return asList(value)
    .map(asObject)
    .filter((item) => item !== null)
}
