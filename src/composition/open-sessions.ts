import { randomUUID } from 'node:crypto'
import type { SessionConfig } from '../config/config.ts'
import { cgroupLimits } from '../observe/cgroup.ts'
import { oldGenerationUsed, ownHeapLimit } from '../observe/heap-limit.ts'
import type { Log } from '../observe/log.ts'
import { nearestLimit } from '../observe/memory-reading.ts'
import { timed } from '../observe/timed.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { Sessions } from '../sessions/sessions.ts'
import { MemorySessionStore } from '../store/memory/session-store.ts'
import { RedisConnection } from '../store/redis/connection.ts'
import { RedisSessionStore } from '../store/redis/session-store.ts'
import { SqliteSessionStore } from '../store/sqlite/session-store.ts'
import type { FileTrouble } from '../store/sqlite/transactions.ts'
import type { StateDatabase } from './state-database.ts'

export interface OpenSessionsOptions {
  readonly config: SessionConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly database: StateDatabase
  readonly log: Log
  /** Told how long each operation on the store took, in milliseconds. */
  readonly took: (operation: string, milliseconds: number) => void
}

/** The sessions that the config asks for; null where it wants none. */
export async function openSessions({
  config,
  environment,
  database,
  log,
  took,
}: OpenSessionsOptions): Promise<Sessions | null> {
  const store = await openStore(config, database, log)
  if (store === null) return null
  const cgroups = cgroupLimits()
  const heapLimit = ownHeapLimit(environment['NODE_OPTIONS'] ?? '')
  return new Sessions({
    store: timed(
      store,
      (method, milliseconds) => took(`sessions.${method}`, milliseconds),
      () => performance.now(),
    ),
    settings: config,
    holder: randomUUID(),
    now: () => Date.now(),
    memoryShare: () => nearestLimit(oldGenerationUsed(), heapLimit, cgroups).ratio,
    failed: (text, cause) => log.error(null, text, cause),
  })
}

async function openStore(
  { store, redis }: SessionConfig,
  database: StateDatabase,
  log: Log,
): Promise<SessionStore | null> {
  switch (store) {
    case 'off':
      return null
    case 'memory':
      return new MemorySessionStore()
    case 'sqlite':
      return openFile(database, log)
    case 'redis':
      return openRedis(redis.url, log)
    default:
      return store satisfies never
  }
}

const AWAY = 'the store of sessions is away'
const BACK = 'the store of sessions is there again'

function troubleOf(log: Log): FileTrouble {
  return { lost: (cause) => log.error(null, AWAY, cause), back: () => log.info(BACK) }
}

async function openRedis(url: string, log: Log): Promise<SessionStore> {
  const connection = await RedisConnection.open({
    url,
    what: 'Sessions',
    lost: (why) => log.warn(null, AWAY, { why }),
    back: () => log.info(BACK),
  })
  return new RedisSessionStore(connection)
}

/** A gateway that cannot keep sessions for its next start still answers. */
async function openFile(database: StateDatabase, log: Log): Promise<SessionStore> {
  try {
    const opened = await database.open()
    return opened === null ? new MemorySessionStore() : new SqliteSessionStore(opened, troubleOf(log))
  } catch (error) {
    log.error(null, 'sessions cannot be kept in a file: they end with this process', error)
    return new MemorySessionStore()
  }
}
