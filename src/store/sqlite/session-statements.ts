import type { DatabaseSync } from 'node:sqlite'
import { prepareAll } from './statements.ts'
import type { Statements } from './statements.ts'

/** Sessions. It takes milliseconds, for which every request waits. */
export const SWEPT_AT_ONCE = 100

const COLUMNS = 'id, created, last_used, expires, version, details, messages, bytes'

/** Where a session's system prompt is, and behind it its turns in their order; see the table. */
const OPENING = '(:number << 28)'
const TURNS = `place > ${OPENING} AND place < ((:number + 1) << 28)`

const STATEMENTS = {
  insert: `INSERT INTO sessions (tenant, id, number, created, last_used, expires, version, details, messages, bytes)
    VALUES (:tenant, :id, (SELECT coalesce(max(place) >> 28, 0) + 1 FROM session_turns),
      :now, :now, :expires, 1, :details, :messages, :bytes)
    ON CONFLICT DO NOTHING RETURNING number`,
  deleteOver: 'DELETE FROM sessions WHERE tenant = :tenant AND id = :id AND expires <= :now',
  // One statement, so that all of it is of the same moment; what a session is called is long, and said once.
  read: `SELECT id, created, last_used, expires, version, s.messages, s.bytes, iif(place = number << 28, details, NULL) AS details,
    t.messages AS turn_messages, t.bytes AS turn_bytes, content
    FROM sessions s JOIN session_turns t ON place >= number << 28 AND place < (number + 1) << 28
    WHERE tenant = :tenant AND id = :id AND expires > :now ORDER BY place`,
  version: 'SELECT version FROM sessions WHERE tenant = :tenant AND id = :id AND expires > :now',
  use: 'UPDATE sessions SET last_used = :now, expires = :expires WHERE tenant = :tenant AND id = :id AND expires > :now',
  change: `UPDATE sessions SET version = version + 1, details = coalesce(:details, details),
    messages = messages + :messages, bytes = bytes + :bytes
    WHERE tenant = :tenant AND id = :id AND expires > :now AND version = :version
    AND NOT EXISTS (SELECT 1 FROM session_holds h WHERE h.tenant = :tenant AND h.id = :id AND until > :now AND holder <> :holder)
    RETURNING number, expires`,
  shrink: `UPDATE sessions SET messages = messages - :messages, bytes = bytes - :bytes
    WHERE tenant = :tenant AND id = :id`,
  drop: `DELETE FROM session_turns WHERE place IN
    (SELECT place FROM session_turns WHERE ${TURNS} ORDER BY place LIMIT :drop) RETURNING messages, bytes`,
  setOpening: `INSERT INTO session_turns VALUES (${OPENING}, 0, 0, :opening) ON CONFLICT DO UPDATE SET content = :opening`,
  addTurn: `INSERT INTO session_turns VALUES (
    (SELECT max(place) + 1 FROM session_turns WHERE place >= ${OPENING} AND place < ((:number + 1) << 28)),
    :messages, :bytes, :content)`,
  delete: 'DELETE FROM sessions WHERE tenant = :tenant AND id = :id RETURNING expires',
  list: `SELECT ${COLUMNS} FROM sessions WHERE tenant = :tenant AND expires > :now
    AND (created, id) < (:created, :id) ORDER BY created DESC, id DESC LIMIT :limit`,
  listAll: `SELECT ${COLUMNS}, tenant FROM sessions WHERE expires > :now AND (expires, tenant, id) < (:expires, :tenant, :id)
    ORDER BY expires DESC, tenant DESC, id DESC LIMIT :limit`,
  listed: 'SELECT count(*) AS total FROM sessions WHERE tenant = :tenant AND expires > :now',
  count: `SELECT count(*) AS total, count(*) FILTER (WHERE expires > :now) AS active,
    coalesce(sum(messages) FILTER (WHERE expires > :now), 0) AS messages,
    min(created) FILTER (WHERE expires > :now) AS oldest FROM sessions WHERE tenant = :tenant`,
  active: 'SELECT count(*) AS active FROM sessions WHERE expires > :now',
  hold: `INSERT INTO session_holds VALUES (:tenant, :id, :holder, :until) ON CONFLICT DO UPDATE
    SET holder = :holder, until = :until WHERE holder = :holder OR until <= :now`,
  release: 'DELETE FROM session_holds WHERE tenant = :tenant AND id = :id AND holder = :holder',
  isHoldOver: 'SELECT 1 FROM session_holds WHERE until <= :now LIMIT 1',
  sweepHolds: 'DELETE FROM session_holds WHERE until <= :now',
  total: 'SELECT coalesce(sum(sessions), 0) AS total FROM session_tenants',
  over: `SELECT tenant, id FROM sessions WHERE expires <= :now ORDER BY expires LIMIT ${SWEPT_AT_ONCE}`,
  // As long as all live equally long, those that end first are those that were used least recently.
  evict: `DELETE FROM sessions WHERE (tenant, id) = (SELECT tenant, id FROM sessions s
    WHERE (SELECT sessions FROM session_tenants t WHERE t.tenant = s.tenant) = (SELECT max(sessions) FROM session_tenants)
    ORDER BY expires LIMIT 1)`,
} as const

export type SessionStatements = Statements<keyof typeof STATEMENTS>

export function sessionStatements(database: DatabaseSync): SessionStatements {
  return prepareAll(database, STATEMENTS)
}
