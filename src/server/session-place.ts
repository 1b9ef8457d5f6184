import type { OwnedListRequest } from '../sessions/session-store.ts'

/** Where a page of everybody's sessions begins. */
export type SessionPlace = NonNullable<OwnedListRequest['after']>

export function writeSessionPlace({ expires, tenant, id }: SessionPlace): string {
  return Buffer.from(JSON.stringify([expires, tenant, id])).toString('base64url')
}

/** Null for what was never written by `writeSessionPlace`. */
export function readSessionPlace(cursor: string): SessionPlace | null {
  const place = arrayOf(Buffer.from(cursor, 'base64url').toString())
  const [expires, tenant, id] = place
  if (!Number.isSafeInteger(expires) || typeof expires !== 'number') return null
  return typeof tenant === 'string' && typeof id === 'string' && place.length === 3 ? { expires, tenant, id } : null
}

function arrayOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
