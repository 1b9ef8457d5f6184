import { fitsAny } from '../lib/patterns.ts'
import { withoutLongContext } from './name.ts'

/** US dollars of a million tokens. What is left out costs what other input does. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** Written to the vendor's cache for an hour; left out: as for five minutes. */
  readonly cacheWriteLong?: number
}

/** What somebody pays at one provider in place of list prices, by names and patterns of models. */
export type OwnPrices = Readonly<Record<string, ModelPrice>>

/** The name itself counts before any pattern, and of patterns the one that comes first. Null: list prices hold. */
export function ownPrice(prices: OwnPrices, model: string): ModelPrice | null {
  const name = withoutLongContext(model)
  if (Object.hasOwn(prices, name)) return prices[name] ?? null
  return Object.entries(prices).find(([pattern]) => fitsAny([pattern], name))?.[1] ?? null
}
