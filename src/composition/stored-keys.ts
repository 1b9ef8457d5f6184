import type { CredentialStore } from '../config/credentials.ts'
import { ConfigError } from '../config/problem.ts'

/**
 * The stored keys that belong to vendors' own addresses, by the id that they were stored for, which is the vendor's type
 * where no config gives another. A store that cannot be read has none: loading the config has told so.
 */
export async function storedKeys(store: CredentialStore): Promise<ReadonlyMap<string, string>> {
  try {
    const credentials = await store.all()
    return new Map(
      credentials.filter(({ origin }) => origin === null).map(({ provider, secret }) => [provider, secret]),
    )
  } catch (error) {
    if (error instanceof ConfigError) return new Map()
    throw error
  }
}
