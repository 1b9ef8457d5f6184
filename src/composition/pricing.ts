import { ownPrice } from '../models/own-prices.ts'
import type { OwnPrices } from '../models/own-prices.ts'
import { costAt, PriceList } from '../models/price.ts'
import type { PricedTokens } from '../models/price.ts'
import { PROMPT_STEPS, promptStep } from '../observe/model-usage.ts'
import type { ModelUsage, UsageByModel } from '../observe/model-usage.ts'
import type { Cost } from '../observe/overview.ts'
import type { BilledUsage } from '../observe/request-journal.ts'
import type { Provider } from '../providers/provider.ts'

const PICODOLLARS = 1e12

/** What makes the prices of a provider. */
interface Tariff {
  readonly type: string
  /** Nobody pays for what no price of its own is given for. */
  readonly isFree: boolean
  readonly own: OwnPrices
}

/**
 * What use of models costs: what was told, else what the config says, else list prices. The list is read when something was
 * used and somebody wants to know.
 */
export class Pricing {
  /** By id of the provider. Those of earlier configs too: what they did is counted on. */
  readonly #tariffs = new Map<string, Tariff>()
  #loading: Promise<PriceList> | null = null

  /** These are in use. */
  adopt(providers: readonly Provider[]): void {
    for (const { id, definition, prices } of providers) {
      const { type, local } = definition
      this.#tariffs.set(id, { type, isFree: local !== null || type === 'simulator', own: prices })
    }
  }

  /** With the list at hand. */
  async reader(): Promise<CostReader> {
    this.#loading ??= PriceList.load()
    return new CostReader(await this.#loading, this.#tariffs)
  }
}

/** Tells what things cost. */
export class CostReader {
  readonly #list: PriceList
  readonly #tariffs: ReadonlyMap<string, Tariff>

  constructor(list: PriceList, tariffs: ReadonlyMap<string, Tariff>) {
    this.#list = list
    this.#tariffs = tariffs
  }

  /** Picodollars. */
  spentOn(usage: UsageByModel): bigint {
    return this.#costOf(usage).picodollars
  }

  costOf(usage: UsageByModel): Cost {
    const { picodollars, unpriced } = this.#costOf(usage)
    return { dollars: dollarsOf(picodollars), unpriced }
  }

  #costOf(usage: UsageByModel): { picodollars: bigint; unpriced: number } {
    let picodollars = 0n
    let unpriced = 0
    for (const [provider, models] of Object.entries(usage)) {
      for (const [model, counts] of Object.entries(models)) {
        const cost = this.#costOfModel(provider, model, counts)
        picodollars += cost.picodollars
        unpriced += cost.unpriced
      }
    }
    return { picodollars, unpriced }
  }

  /** By provider. */
  costs(usage: UsageByModel): Readonly<Record<string, Cost>> {
    return Object.fromEntries(
      Object.entries(usage).map(([provider, models]) => [provider, this.costOf({ [provider]: models })]),
    )
  }

  /** Null where it is not known. */
  dollarsOf(provider: string, model: string, { input, output, cost }: BilledUsage): number | null {
    if (cost !== null && !this.#isFree(provider)) return cost
    const { total, cacheRead, cacheWrite, cacheWriteLong } = input
    const tokens = { input: total, cacheRead, cacheWrite, cacheWriteLong, output: output.total }
    const price = this.#price(provider, model, promptStep(total), tokens)
    return price === null ? null : dollarsOf(price)
  }

  #costOfModel(provider: string, model: string, usage: ModelUsage): { picodollars: bigint; unpriced: number } {
    let picodollars = 0n
    let unpriced = 0
    for (const [step, counts] of usage.entries()) {
      if (!this.#isFree(provider)) picodollars += BigInt(counts.toldPicodollars)
      const untold = counts.requests - counts.told
      if (untold === 0) continue
      const price = this.#price(provider, model, step, counts)
      picodollars += price ?? 0n
      unpriced += price === null ? untold : this.#isFree(provider) ? 0 : counts.unmeasured
    }
    return { picodollars, unpriced }
  }

  #price(provider: string, model: string, step: number, tokens: PricedTokens): bigint | null {
    const tariff = this.#tariffs.get(provider)
    const own = tariff === undefined ? null : ownPrice(tariff.own, model)
    if (own !== null) return costAt(own, tokens)
    if (tariff?.isFree === true) return 0n
    return this.#list.priceOf(tariff?.type ?? '', model, PROMPT_STEPS[step] ?? 0, tokens)
  }

  #isFree(provider: string): boolean {
    return this.#tariffs.get(provider)?.isFree === true
  }
}

function dollarsOf(picodollars: bigint): number {
  return Number(picodollars) / PICODOLLARS
}
