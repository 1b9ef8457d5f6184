import type { Principal } from '../exchange/client.ts'
import { withoutLongContext } from '../models/name.ts'
import { principalOf } from './authenticate.ts'
import type { KeySettings } from './keys.ts'

/** May this principal ask for `model`, as the client wrote it? */
export type ModelGuard = (principal: Principal, model: string) => boolean

/** Checks the name that the client sent, before aliases: `fast` needs `fast`, not what it stands for. */
export function createModelGuard(keys: readonly KeySettings[]): ModelGuard {
  const allowed = new Map(keys.map((key) => [principalOf(key).tenant, key.models]))
  return (principal, model) => isModelAllowed(allowed.get(principal.tenant) ?? null, withoutLongContext(model))
}

/** Patterns are names in which `*` stands for any characters. Null allows everything, an empty list nothing. */
export function isModelAllowed(patterns: readonly string[] | null, model: string): boolean {
  return patterns === null || patterns.some((pattern) => matches(pattern, model))
}

/** By search for one piece after the other, which unlike a regular expression cannot be made slow. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return name === pattern
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false
  const end = name.length - tail.length
  let at = head.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
