import type { KeyStore } from '../admission/key-store.ts'
import type { Config } from '../config/config.ts'
import type { Log } from '../observe/log.ts'
import { MemoryKeyStore } from '../store/memory/key-store.ts'
import { RedisConnection } from '../store/redis/connection.ts'
import { RedisKeyStore } from '../store/redis/key-store.ts'
import { SqliteKeyStore } from '../store/sqlite/key-store.ts'
import type { StateDatabase } from './state-database.ts'

/** Where keys are kept that are made while the gateway runs. */
export interface KeyPlace {
  /** False only where there surely is none. */
  exists(): Promise<boolean>
  /** Rejects where it cannot be used. */
  open(): Promise<KeyStore>
  close(): void
}

export type KeyPlaceConfig = Pick<Config, 'redis'> & { readonly auth: Pick<Config['auth'], 'store'> }

/** `log`: null where somebody waits for what comes of it. */
export function keyPlaceOf({ auth, redis }: KeyPlaceConfig, database: StateDatabase, log: Log | null): KeyPlace {
  switch (auth.store) {
    case 'sqlite':
      return {
        exists: async () => database.hasHadKeys() || (await database.exists()),
        open: () => openKeyStore(database),
        close: () => {},
      }
    case 'redis':
      return new RedisKeyPlace(redis.url, log)
    default:
      return auth.store satisfies never
  }
}

/** Where there is to be no file, keys last as long as the process. Rejects where the file cannot be used. */
async function openKeyStore(database: StateDatabase): Promise<KeyStore> {
  const opened = await database.open()
  return opened === null ? new MemoryKeyStore() : new SqliteKeyStore(opened)
}

class RedisKeyPlace implements KeyPlace {
  readonly #url: string
  readonly #log: Log | null
  #connection: RedisConnection | null = null

  constructor(url: string, log: Log | null) {
    this.#url = url
    this.#log = log
  }

  async exists(): Promise<boolean> {
    return true
  }

  async open(): Promise<KeyStore> {
    this.#connection ??= await RedisConnection.open({
      url: this.#url,
      what: 'Keys',
      lost: (why) => this.#log?.warn(null, 'the store of keys is away', { why }),
      back: () => this.#log?.info('the store of keys is there again'),
    })
    return new RedisKeyStore(this.#connection)
  }

  close(): void {
    this.#connection?.close()
  }
}
