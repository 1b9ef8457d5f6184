import type { SessionRecord } from '../sessions/session-store.ts'

/** Where a page of a list begins. */
export type SessionCursor = Pick<SessionRecord, 'created' | 'id'>

export function cursorOf({ created, id }: SessionCursor): string {
  return Buffer.from(`${created} ${id}`).toString('base64url')
}

/** Null where it is none. */
export function readCursor(cursor: string): SessionCursor | null {
  const [, created, id] = /^(\d{1,15}) (.+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  return created === undefined || id === undefined ? null : { created: Number(created), id }
}
