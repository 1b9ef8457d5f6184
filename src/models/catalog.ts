import { EFFORTS } from '../canonical/effort.ts'
import type { Effort } from '../canonical/effort.ts'
import data from './data/models.json' with { type: 'json' }
import { asksForLongContext, plainModelName, undatedModelName, withoutLongContext } from './name.ts'

/** What is publicly known of a model. Where its data comes from: `data/NOTICE.md`. */
export interface CatalogEntry {
  /** Tokens, or null when unknown. */
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly vision: boolean
  /** Null when it is known to think, but not by which efforts. Empty when it has no such switch. */
  readonly efforts: readonly Effort[] | null
}

interface CatalogData {
  readonly rows: readonly CatalogRow[]
  /** Row numbers by plain name. */
  readonly models: Readonly<Record<string, number>>
  /** Row numbers by provider type and the vendor's own name of the model. */
  readonly vendors: Readonly<Record<string, Readonly<Record<string, number>>>>
}

interface CatalogRow {
  readonly context: number
  readonly output: number
  readonly vision: boolean
  readonly efforts: string | null
}

const CATALOG: CatalogData = data
const LONG_CONTEXT = 1_000_000

/** The catalog's entry: the vendor's own where it lists the model, else the one of whoever made it. Null when unknown. */
export function catalogEntry(providerType: string, model: string): CatalogEntry | null {
  const plain = plainModelName(model)
  const row =
    CATALOG.vendors[providerType]?.[withoutLongContext(model)] ??
    CATALOG.models[plain] ??
    CATALOG.models[undatedModelName(plain)]
  return row === undefined ? null : readRow(CATALOG.rows[row], asksForLongContext(model))
}

/** The names under which a vendor is known to serve models. Empty for vendors that the catalog does not know. */
export function catalogModels(providerType: string): readonly string[] {
  return Object.keys(CATALOG.vendors[providerType] ?? {})
}

function readRow(row: CatalogRow | undefined, longContext: boolean): CatalogEntry | null {
  if (row === undefined) return null
  const efforts = row.efforts?.split(' ')
  return {
    contextWindow: longContext ? Math.max(row.context, LONG_CONTEXT) : row.context || null,
    maxOutputTokens: row.output || null,
    vision: row.vision,
    efforts: efforts === undefined ? null : EFFORTS.filter((effort) => efforts.includes(effort)),
  }
}
