import { existsSync, writeFileSync } from 'node:fs'

const TEXT = `ucr has made keys for clients, and keeps them in the database beside this file. Where that database is lost or
emptied, the gateway stays closed as long as this file is here. Remove it to go on without the keys that there were.
`

/**
 * A file beside the database that says that there have been keys. A database that was lost, or cut to nothing, looks like
 * one in which nothing was ever kept; without a witness the gateway would open itself to everybody.
 */
export class KeyWitness {
  readonly path: string

  /** `database`: the path of its file. */
  constructor(database: string) {
    this.path = `${database}.has-keys`
  }

  get isThere(): boolean {
    return existsSync(this.path)
  }

  write(): void {
    if (!this.isThere) writeFileSync(this.path, TEXT, { mode: 0o600 })
  }
}
