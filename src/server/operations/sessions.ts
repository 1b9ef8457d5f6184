import * as z from 'zod/mini'
import { SESSION_ID, isSessionId } from '../../sessions/session.ts'
import { NOTHING, operation } from '../operation.ts'
import { readCursor } from '../session-cursor.ts'
import { TIME, cursor, whole } from './shared.ts'

const tag = 'Sessions'

const DEFAULT_PAGE = 20
const MOST_IN_PAGE = 100
/** Characters. */
const MOST_TEXT = 1000

const IS_TEXT = { error: `a text of 1 to ${MOST_TEXT} characters` }
const MOST_TURNS = 100
const IS_TURNS = { error: `a whole number from 1 to ${MOST_TURNS}, or null for no limit` }
const IS_OBJECT = { error: 'an object' }

const text = z.string(IS_TEXT).check(z.minLength(1, IS_TEXT), z.maxLength(MOST_TEXT, IS_TEXT))

const model = text.check(z.meta({ description: 'As a request would name it.', examples: ['claude-sonnet-4-5'] }))

const FIELDS = {
  title: z.exactOptional(z.nullable(text)),
  max_turns: z.exactOptional(
    z.nullable(z.int(IS_TURNS).check(z.minimum(1, IS_TURNS), z.maximum(MOST_TURNS, IS_TURNS))),
  ),
  metadata: z
    .exactOptional(z.nullable(z.looseObject({}, { error: 'an object, or null' })))
    .check(z.meta({ description: 'Of no meaning to the gateway; at most 16 KiB.' })),
  system_prompt: z.exactOptional(z.nullable(z.string({ error: 'a text, or null' }))),
}

const summary = z.object({
  id: z.string(),
  session_id: z.string(),
  object: z.literal('session'),
  status: z.literal('active'),
  model: z.nullable(z.string()),
  title: z.nullable(z.string()),
  max_turns: z.nullable(z.int()),
  metadata: z.looseObject({}),
  message_count: z.int(),
  dropped_messages: z.int().check(z.meta({ description: 'Of the oldest, as the history had become too long.' })),
  bytes: z.int(),
  failed_requests: z.int(),
  last_failure: z.nullable(z.object({ at: TIME, code: z.string() })),
  created_at: TIME,
  last_accessed: TIME,
  expires_at: TIME,
})

const session = z.extend(summary, { system_prompt: z.nullable(z.union([z.string(), z.array(z.unknown())])) })

const message = z.looseObject({ role: z.string() })
const messages = z.array(message).check(z.meta({ description: 'As in Chat Completions.' }))

const params = { id: 'The id of a session. One of another key is not there.' }

export const LIST = operation({
  tag,
  summary: 'List sessions, newest first, without their messages',
  query: z.object({
    limit: whole(1, MOST_IN_PAGE, DEFAULT_PAGE).check(z.meta({ description: 'How many there are on a page.' })),
    after: cursor(readCursor, 'the "next" of an earlier page').check(
      z.meta({ description: 'The `next` of the page before.' }),
    ),
  }),
  body: NOTHING,
  answers: {
    200: {
      summary: 'A page',
      schema: z.object({
        sessions: z.array(summary),
        total: z.int(),
        has_more: z.boolean(),
        next: z.nullable(z.string()),
      }),
    },
  },
})

export const CREATE = operation({
  tag,
  summary: 'Make a session',
  details: 'A request that names a session which is not there makes it too.',
  query: NOTHING,
  body: {
    schema: z.object(
      {
        model,
        ...FIELDS,
        session_id: z.exactOptional(
          z.nullable(z.string({ error: SESSION_ID }).check(z.refine(isSessionId, { error: SESSION_ID }))),
        ),
      },
      IS_OBJECT,
    ),
    example: { model: 'claude-sonnet-4-5', title: 'Plans', system_prompt: 'Be brief.' },
  },
  answers: { 201: { summary: 'The session', schema: session } },
})

export const STATS = operation({
  tag,
  summary: "Count this key's sessions",
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'Both generations of names that clients know',
      schema: z.object({
        totalSessions: z.int(),
        activeSessions: z.int(),
        expiredSessions: z.int(),
        averageMessageCount: z.number(),
        oldestSessionAge: z.number().check(z.meta({ description: 'Milliseconds.' })),
        session_stats: z.object({ active_sessions: z.int(), expired_sessions: z.int(), total_messages: z.int() }),
        cleanup_interval_minutes: z.number(),
        default_ttl_hours: z.number(),
      }),
    },
  },
})

export const GET = operation({
  tag,
  summary: 'Read a session with its messages',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The session', schema: z.extend(session, { messages }) } },
})

export const CHANGE = operation({
  tag,
  summary: 'Change what a session is called and what it is for',
  details: 'Fields that are left out stay as they are.',
  params,
  query: NOTHING,
  body: { schema: z.object({ model: z.exactOptional(model), ...FIELDS }, IS_OBJECT), example: { title: 'Plans' } },
  answers: { 200: { summary: 'The session as it is now', schema: session } },
})

export const DELETE = operation({
  tag,
  summary: 'Delete a session',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'It is gone',
      schema: z.object({ message: z.string(), session_id: z.string(), deleted: z.literal(true) }),
    },
  },
})

export const ADD = operation({
  tag,
  summary: 'Add messages to a session, without asking a model',
  details: 'A session that is not there is made.',
  params,
  query: NOTHING,
  body: {
    schema: NOTHING,
    shown: z.object({ messages }),
    example: { messages: [{ role: 'user', content: 'Remember the number 7.' }] },
  },
  answers: {
    200: {
      summary: 'All messages of the session',
      schema: z.object({ session_id: z.string(), message_count: z.int(), messages }),
    },
  },
})
