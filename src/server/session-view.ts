import { JsonObjectWriter, jsonArray, toJsonText } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'
import { viewMessages, viewText } from '../sessions/message-view.ts'
import { messagesOf } from '../sessions/session.ts'
import type { Session, SessionDetails } from '../sessions/session.ts'
import type { SessionCounts, SessionRecord } from '../sessions/session-store.ts'
import type { SessionSettings } from '../sessions/settings.ts'

/** Of a list: what is known without reading the history. */
export function summaryView(record: SessionRecord, details: SessionDetails): JsonText {
  return summary(record, details).text
}

/** A session without its history. */
export function sessionView({ record, details, instructions }: Session): JsonObjectWriter {
  return summary(record, details).add('system_prompt', instructions.length === 0 ? NULL : viewText(instructions))
}

/** The same with it. */
export function wholeView(session: Session): JsonText {
  return sessionView(session).add('messages', messagesView(session)).text
}

export function messagesView(session: Session): JsonText {
  return jsonArray(viewMessages(session.instructions, messagesOf(session)))
}

const NULL = toJsonText(null)

function summary(record: SessionRecord, details: SessionDetails): JsonObjectWriter {
  const { model, title, maxTurns, metadata, failure, failures, dropped } = details
  return new JsonObjectWriter()
    .add('id', toJsonText(record.id))
    .add('session_id', toJsonText(record.id))
    .add('object', toJsonText('session'))
    .add('status', toJsonText('active'))
    .add('model', toJsonText(model))
    .add('title', toJsonText(title))
    .add('max_turns', toJsonText(maxTurns))
    .add('metadata', metadata ?? toJsonText({}))
    .add('message_count', toJsonText(record.messages))
    .add('dropped_messages', toJsonText(dropped))
    .add('bytes', toJsonText(record.bytes))
    .add('failed_requests', toJsonText(failures))
    .add('last_failure', failure === null ? NULL : toJsonText({ at: iso(failure.at), code: failure.code }))
    .add('created_at', toJsonText(iso(record.created)))
    .add('last_accessed', toJsonText(iso(record.lastUsed)))
    .add('expires_at', toJsonText(iso(record.expires)))
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** `GET /v1/sessions/stats`: both generations of names that clients know. */
export function statsView(counts: SessionCounts, settings: SessionSettings, now: number): JsonText {
  const { total, active, messages, oldest } = counts
  return toJsonText({
    totalSessions: total,
    activeSessions: active,
    expiredSessions: total - active,
    averageMessageCount: active === 0 ? 0 : messages / active,
    oldestSessionAge: oldest === null ? 0 : now - oldest,
    session_stats: { active_sessions: active, expired_sessions: total - active, total_messages: messages },
    cleanup_interval_minutes: settings.sweepInterval / MINUTE,
    default_ttl_hours: settings.ttl / HOUR,
  })
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
