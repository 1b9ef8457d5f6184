import type { JsonValue } from '../../lib/json.ts'

/** An object of JSON. */
export type Fields = { [key: string]: JsonValue }

export function fieldsOf(value: JsonValue | undefined): Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}

export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** Empty for whatever is no text. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
