import { PriceList } from '../models/price.ts'
import { PROMPT_STEPS, promptStep } from '../observe/model-usage.ts'
import type { ModelUsage, UsageByModel } from '../observe/model-usage.ts'
import type { Cost } from '../observe/overview.ts'
import type { BilledUsage } from '../observe/request-journal.ts'
import type { Provider } from '../providers/provider.ts'

const PICODOLLARS = 1e12

/** What use of models costs: what was told, and list prices for the rest. The list is read when something was used and somebody wants to know. */
export class Pricing {
  /** Types of providers, by id; null for those that nobody pays. Those of earlier configs too: what they did is counted on. */
  readonly #types = new Map<string, string | null>()
  #loading: Promise<PriceList> | null = null

  /** These are in use. */
  adopt(providers: readonly Provider[]): void {
    for (const { id, definition } of providers) {
      const isFree = definition.local !== null || definition.type === 'simulator'
      this.#types.set(id, isFree ? null : definition.type)
    }
  }

  /** With the list at hand. */
  async reader(): Promise<CostReader> {
    this.#loading ??= PriceList.load()
    return new CostReader(await this.#loading, this.#types)
  }
}

/** Tells what things cost. */
export class CostReader {
  readonly #list: PriceList
  readonly #types: ReadonlyMap<string, string | null>

  constructor(list: PriceList, types: ReadonlyMap<string, string | null>) {
    this.#list = list
    this.#types = types
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

  #price(provider: string, model: string, step: number, tokens: Parameters<PriceList['priceOf']>[3]): bigint | null {
    if (this.#isFree(provider)) return 0n
    return this.#list.priceOf(this.#types.get(provider) ?? '', model, PROMPT_STEPS[step] ?? 0, tokens)
  }

  #isFree(provider: string): boolean {
    return this.#types.get(provider) === null
  }
}

function dollarsOf(picodollars: bigint): number {
  return Number(picodollars) / PICODOLLARS
}
