import type { Config } from '../config/config.ts'
import type { Log } from '../observe/log.ts'
import { ReasoningKeeper } from '../reasoning/reasoning-keeper.ts'
import type { ReasoningKeys } from '../reasoning/reasoning-keeper.ts'
import type { KeptReasoning, ReasoningBounds, ReasoningStore, ReasoningUse } from '../reasoning/reasoning-store.ts'
import { MemoryReasoningStore } from '../store/memory/reasoning-store.ts'
import { RedisConnection } from '../store/redis/connection.ts'
import { RedisReasoningStore } from '../store/redis/reasoning-store.ts'
import { SqliteReasoningStore } from '../store/sqlite/reasoning-store.ts'
import type { StateDatabase } from './state-database.ts'

export interface OpenReasoningOptions {
  readonly config: Pick<Config, 'reasoning' | 'redis'>
  readonly keys: ReasoningKeys
  readonly database: StateDatabase
  readonly log: Log
}

/** Milliseconds for one command of Redis: a client waits for it. */
const TIMEOUT = 500

/** Null where the config wants none kept. */
export async function openReasoning(options: OpenReasoningOptions): Promise<ReasoningKeeper | null> {
  const { config, keys, log } = options
  const store = await openStore(options)
  if (store === null) return null
  const failed = (text: string, cause: unknown): void => log.error(null, text, cause)
  return new ReasoningKeeper({ store, settings: config.reasoning, keys, now: () => Date.now(), failed })
}

async function openStore({ config, database, log }: OpenReasoningOptions): Promise<ReasoningStore | null> {
  const { store } = config.reasoning
  switch (store) {
    case 'off':
      return null
    case 'memory':
      return new MemoryReasoningStore()
    case 'sqlite':
      return new LateStore(database)
    case 'redis':
      return new RedisReasoningStore(
        await RedisConnection.open({
          url: config.redis.url,
          what: 'Reasoning',
          timeout: TIMEOUT,
          lost: (why) => log.warn(null, 'the store of reasoning is away', { why }),
          back: () => log.info('the store of reasoning is there again'),
        }),
      )
    default:
      return store satisfies never
  }
}

/** Opens the database when there is something to keep or to be found: most gateways never need it for this. */
class LateStore implements ReasoningStore {
  readonly #database: StateDatabase
  #opened: ReasoningStore | null = null
  #opening: Promise<ReasoningStore> | null = null

  constructor(database: StateDatabase) {
    this.#database = database
  }

  prepare(): void {
    // Whoever needs it hears of a failure.
    if (this.#opened === null) this.#open().catch(() => {})
  }

  put(entry: KeptReasoning, use: ReasoningUse, bounds: ReasoningBounds): void | Promise<void> {
    if (this.#opened !== null) return this.#opened.put(entry, use, bounds)
    return this.#open().then((store) => store.put(entry, use, bounds))
  }

  async drop(name: string): Promise<void> {
    if (this.#opening !== null || (await this.#database.exists())) await (await this.#open()).drop(name)
  }

  find(
    names: readonly string[],
    use: ReasoningUse,
  ): ReadonlyMap<string, Buffer> | Promise<ReadonlyMap<string, Buffer>> {
    if (this.#opened !== null) return this.#opened.find(names, use)
    return this.#find(names, use)
  }

  close(): void {}

  async #find(names: readonly string[], use: ReasoningUse): Promise<ReadonlyMap<string, Buffer>> {
    if (this.#opening === null && !(await this.#database.exists())) return new Map()
    return (await this.#open()).find(names, use)
  }

  #open(): Promise<ReasoningStore> {
    this.#opening ??= this.#database.open().then(
      (database) => {
        this.#opened = database === null ? new MemoryReasoningStore() : new SqliteReasoningStore(database)
        return this.#opened
      },
      (error: unknown) => {
        // Whoever needs it next tries again.
        this.#opening = null
        throw error
      },
    )
    return this.#opening
  }
}
