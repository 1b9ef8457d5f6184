import { randomUUID } from 'node:crypto'
import type { KeyChangeResult, KeyChanges, KeyStore } from '../../admission/key-store.ts'
import type { VirtualKey } from '../../admission/virtual-key.ts'
import type { RedisConnection } from './connection.ts'
import { readKey, writeKey } from './key-record.ts'
import { KEY_SCRIPTS } from './key-scripts.ts'

/** Keeps keys in Redis or Valkey, where all gateways that share the server find them. Not for a cluster. */
export class RedisKeyStore implements KeyStore {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async list(): Promise<readonly VirtualKey[]> {
    return (await this.changes(null)).keys
  }

  async get(id: string): Promise<VirtualKey | null> {
    const text = await this.#text(KEY_SCRIPTS.get, id)
    return text === null ? null : readKey(text)
  }

  async named(name: string): Promise<VirtualKey | null> {
    const text = await this.#text(KEY_SCRIPTS.named, name)
    return text === null ? null : readKey(text)
  }

  async add(key: VirtualKey): Promise<boolean> {
    const text = writeKey(key, randomUUID())
    return (await this.#connection.run(KEY_SCRIPTS.add, [key.id, key.name, revoked(key), text])) === 1
  }

  /** Computed here and put there if nobody was faster; else once more. */
  async change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult> {
    for (;;) {
      const before = await this.#text(KEY_SCRIPTS.get, id)
      if (before === null) return { kind: 'missing' }
      const present = readKey(before)
      const key = change(present)
      const text = writeKey(key, randomUUID())
      const args = [id, before, present.name, key.name, revoked(key), text]
      switch (await this.#connection.run(KEY_SCRIPTS.change, args)) {
        case 0:
          return { kind: 'missing' }
        case 1:
          return { kind: 'changed', key }
        case 2:
          return { kind: 'name-taken' }
      }
    }
  }

  async remove(id: string): Promise<boolean> {
    const key = await this.get(id)
    if (key === null) return false
    return (await this.#connection.run(KEY_SCRIPTS.remove, [id, key.name])) === 1
  }

  async changes(since: number | null): Promise<KeyChanges> {
    const reply = await this.#connection.run(KEY_SCRIPTS.changes, [since === null ? '' : String(since)])
    const [version, isAll, texts] = listOf(reply)
    const keys = listOf(texts)
      .map((text) => readKey(textOf(text)))
      .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    return { version: Number(textOf(version)), keys, isAll: isAll === 1 }
  }

  async #text(script: string, name: string): Promise<string | null> {
    const reply = await this.#connection.run(script, [name])
    return reply === null ? null : textOf(reply)
  }
}

function revoked({ revokedAt }: VirtualKey): string {
  return revokedAt === null ? '0' : '1'
}

function listOf(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new Error('Redis has answered without a list.')
  return reply
}

function textOf(reply: unknown): string {
  if (!Buffer.isBuffer(reply)) throw new Error('Redis has answered without a text.')
  return reply.toString()
}
