import type { JsonValue } from '../lib/json.ts'
import { Failure } from './failure.ts'

function fieldOf(value: JsonValue, name: string): JsonValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw strange()
  return value[name] ?? null
}

/** Empty for null. */
export function textOf(value: JsonValue, name: string): string {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : ''
}

export function numberOf(value: JsonValue, name: string): number {
  const field = fieldOf(value, name)
  return typeof field === 'number' ? field : 0
}

export function listOf(value: JsonValue, name: string): readonly JsonValue[] {
  const field = fieldOf(value, name)
  return Array.isArray(field) ? field : []
}

export function isNull(value: JsonValue, name: string): boolean {
  return fieldOf(value, name) === null
}

function strange(): Failure {
  return new Failure('The answer is none of this admin API.', { fix: 'Is the gateway of another version? Restart it.' })
}
