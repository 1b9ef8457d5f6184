import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

/**
 * Prepared, by their names. A limit is better written into the text than bound: SQLite plans a statement anew whenever a
 * limit is bound, which takes longer than most of them.
 */
export type Statements<Name extends string> = { readonly [S in Name]: StatementSync }

export type Row = Record<string, SQLOutputValue>

export function prepareAll<Name extends string>(
  database: DatabaseSync,
  texts: Readonly<Record<Name, string>>,
): Statements<Name>
export function prepareAll(database: DatabaseSync, texts: Readonly<Record<string, string>>): Statements<string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, database.prepare(text)]))
}
