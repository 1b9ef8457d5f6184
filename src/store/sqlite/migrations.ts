/**
 * Sessions, their history in turns, who has one at the moment, and how many each tenant has. Times in Unix milliseconds.
 */
const SESSIONS = `
  CREATE TABLE sessions (
    row INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    version INTEGER NOT NULL,
    details TEXT NOT NULL,
    opening BLOB NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (tenant, id)
  ) STRICT;
  CREATE INDEX sessions_by_expiry ON sessions (expires);
  CREATE INDEX sessions_by_use ON sessions (tenant, last_used);
  CREATE INDEX sessions_by_age ON sessions (tenant, created, id);

  CREATE TABLE session_turns (
    session INTEGER NOT NULL REFERENCES sessions (row) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (session, position)
  ) STRICT;

  CREATE TABLE session_holds (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE session_tenants (
    tenant TEXT PRIMARY KEY,
    sessions INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_tenants_by_sessions ON session_tenants (sessions);
  CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
    INSERT INTO session_tenants VALUES (new.tenant, 1)
      ON CONFLICT DO UPDATE SET sessions = sessions + 1;
  END;
  CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions BEGIN
    UPDATE session_tenants SET sessions = sessions - 1 WHERE tenant = old.tenant;
    DELETE FROM session_tenants WHERE tenant = old.tenant AND sessions <= 0;
  END;
`

/** Keys for clients, and their secrets as hashes. Lists and notes are JSON; times are Unix milliseconds. */
const KEYS = `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    tenant TEXT NOT NULL,
    owner TEXT,
    models TEXT,
    routes TEXT,
    rate_max INTEGER,
    rate_window INTEGER,
    expires INTEGER,
    disabled INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX keys_by_version ON keys (version);
  CREATE UNIQUE INDEX keys_by_name ON keys (name) WHERE revoked IS NULL;

  CREATE TABLE key_secrets (
    hash TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    hint TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX key_secrets_by_key ON key_secrets (key, position);

  -- How often they were changed, which other processes look at to learn of it, and when one was last removed.
  CREATE TABLE keys_version (version INTEGER NOT NULL, removed INTEGER NOT NULL) STRICT;
  INSERT INTO keys_version VALUES (0, 0);
`

/** Alert rules that were made while the gateway ran. Times in milliseconds, `created` in Unix time. */
const ALERT_RULES = `
  CREATE TABLE alert_rules (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    metric TEXT NOT NULL,
    operator TEXT NOT NULL,
    warning REAL,
    critical REAL,
    window INTEGER NOT NULL,
    cooldown INTEGER NOT NULL,
    hysteresis REAL NOT NULL,
    min_requests INTEGER NOT NULL,
    created INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** Sealed reasoning, encrypted, under names that tell nothing, and how much of it there is. Times are Unix milliseconds. */
const REASONING = `
  CREATE TABLE reasoning (
    name TEXT PRIMARY KEY,
    expires INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reasoning_by_expiry ON reasoning (expires);

  CREATE TABLE reasoning_totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO reasoning_totals VALUES (0, 0);
  CREATE TRIGGER reasoning_inserted AFTER INSERT ON reasoning BEGIN
    UPDATE reasoning_totals SET entries = entries + 1, bytes = bytes + new.bytes;
  END;
  CREATE TRIGGER reasoning_deleted AFTER DELETE ON reasoning BEGIN
    UPDATE reasoning_totals SET entries = entries - 1, bytes = bytes - old.bytes;
  END;
`

/** Patterns of Claude Code's tools that a key may use, as JSON. Keys from before have none. */
const KEYS_CLAUDE_TOOLS = `ALTER TABLE keys ADD COLUMN claude_tools TEXT`

/**
 * A turn is found by its place: the number of its session, and in its last 28 bits the turn's own; the system prompt is at
 * 0, of every session, so that the next number is known from the last place. What a use of a session changes is one small
 * row and its place by end.
 */
const SESSIONS_IN_FEWER_PAGES = `
  DROP TRIGGER sessions_inserted;
  DROP TRIGGER sessions_deleted;
  DROP INDEX session_tenants_by_sessions;
  ALTER TABLE sessions RENAME TO sessions_before;
  ALTER TABLE session_turns RENAME TO session_turns_before;

  CREATE TABLE sessions (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    version INTEGER NOT NULL,
    details TEXT NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE session_turns (
    place INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT;

  INSERT INTO sessions SELECT tenant, id, row, created, last_used, expires, version, details, messages, bytes
    FROM sessions_before;
  INSERT INTO session_turns SELECT row << 28, 0, 0, opening FROM sessions_before;
  INSERT INTO session_turns SELECT (session << 28) + position, messages, bytes, content FROM session_turns_before;
  DROP TABLE session_turns_before;
  DROP TABLE sessions_before;

  CREATE INDEX sessions_by_end ON sessions (expires, tenant, id);
  CREATE INDEX sessions_by_age ON sessions (tenant, created, id);
  CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
    INSERT INTO session_tenants VALUES (new.tenant, 1)
      ON CONFLICT DO UPDATE SET sessions = sessions + 1;
  END;
  CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions BEGIN
    DELETE FROM session_turns WHERE place >= (old.number << 28) AND place < ((old.number + 1) << 28);
    UPDATE session_tenants SET sessions = sessions - 1 WHERE tenant = old.tenant;
    DELETE FROM session_tenants WHERE tenant = old.tenant AND sessions <= 0;
  END;
`

/** A list looks at all sessions of its tenant anyway, to count them; one in order was a page more for each that comes or goes. */
const SESSIONS_WITHOUT_AGE = 'DROP INDEX sessions_by_age'

/**
 * The tables, step by step: a file of version n has had the first n. What was released is never changed; a change is
 * another step.
 */
export const MIGRATIONS: readonly string[] = [
  SESSIONS,
  KEYS,
  ALERT_RULES,
  REASONING,
  KEYS_CLAUDE_TOOLS,
  SESSIONS_IN_FEWER_PAGES,
  SESSIONS_WITHOUT_AGE,
]
