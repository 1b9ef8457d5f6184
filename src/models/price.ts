import { modelClass, newestOfClass } from './aliases.ts'
import { plainModelName, undatedModelName, withoutLongContext } from './name.ts'
import type { ModelPrice } from './own-prices.ts'

/** Tokens that somebody has to pay for. `input` includes both caches, `cacheWrite` includes `cacheWriteLong`. */
export interface PricedTokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** Written to the vendor's cache for an hour. */
  readonly cacheWriteLong: number
  readonly output: number
}

/** Picodollars (a trillionth of a US dollar) of one token, for prompts of more than so many tokens. */
type Step = readonly number[]

interface PriceData {
  /** Steps, the smallest prompts first. */
  readonly rows: readonly (readonly Step[])[]
  /** Row numbers by plain name: models that cost the same wherever they are sold. */
  readonly models: Readonly<Record<string, number>>
  /** Row numbers by provider type and name: what costs something else there. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** List prices. Where they come from: `data/NOTICE.md`. */
export class PriceList {
  readonly #data: PriceData

  private constructor(data: PriceData) {
    this.#data = data
  }

  /** Reads the list, which nobody needs before something was used. */
  static async load(): Promise<PriceList> {
    const { default: data } = await import('./data/prices.json', { with: { type: 'json' } })
    return new PriceList(data)
  }

  /**
   * Picodollars for tokens of requests whose prompts are all of more than `longerThan` tokens, and of no more than the next
   * step at which a price changes. Null where the price is not known.
   */
  priceOf(providerType: string, model: string, longerThan: number, tokens: PricedTokens): bigint | null {
    const step = this.#steps(providerType, model)?.findLast(([from = 0]) => from <= longerThan)
    return step === undefined ? null : sum(step, tokens)
  }

  #steps(providerType: string, model: string): readonly Step[] | undefined {
    const name = withoutLongContext(model.toLowerCase())
    if (name.endsWith(':free')) return FREE
    const plain = plainModelName(model)
    const names = [name, plain, undatedModelName(plain)]
    const host = this.#data.hosts[providerType]
    const row = found(host, names) ?? found(this.#data.models, names) ?? this.#newestOfClass(plain)
    return row === undefined ? undefined : this.#data.rows[row]
  }

  /** For `sonnet`, which is a name to Claude Code. */
  #newestOfClass(name: string): number | undefined {
    const wanted = /\d/.test(name) ? null : modelClass(name)
    if (wanted === null) return undefined
    const [newest] = newestOfClass(wanted, Object.keys(this.#data.models), (each) => each)
    return newest === undefined ? undefined : this.#data.models[newest]
  }
}

/** Picodollars for tokens at a price that is the same for prompts of every length. */
export function costAt(price: ModelPrice, tokens: PricedTokens): bigint {
  const { input, output, cacheRead = input, cacheWrite = input, cacheWriteLong = cacheWrite } = price
  // A dollar for a million tokens is a million picodollars for one.
  const columns = [input, cacheRead, cacheWrite, cacheWriteLong, output].map((dollars) => Math.round(dollars * 1e6))
  return sum([0, ...columns], tokens)
}

const FREE: readonly Step[] = [[0, 0, 0, 0, 0, 0]]

function found(rows: Readonly<Record<string, number>> | undefined, names: readonly string[]): number | undefined {
  const name = names.find((each) => rows !== undefined && Object.hasOwn(rows, each))
  return name === undefined ? undefined : rows?.[name]
}

function sum(
  [, input = 0, cacheRead = 0, cacheWrite = 0, cacheWriteLong = 0, output = 0]: Step,
  tokens: PricedTokens,
): bigint {
  const fresh = Math.max(0, tokens.input - tokens.cacheRead - tokens.cacheWrite)
  const cacheWriteShort = Math.max(0, tokens.cacheWrite - tokens.cacheWriteLong)
  return (
    times(fresh, input) +
    times(tokens.cacheRead, cacheRead) +
    times(cacheWriteShort, cacheWrite) +
    times(tokens.cacheWriteLong, cacheWriteLong) +
    times(tokens.output, output)
  )
}

/** Exact: the product of both may be more than a number holds. What a vendor says of tokens may be no whole number at all. */
function times(tokens: number, picodollars: number): bigint {
  return Number.isFinite(tokens) ? BigInt(Math.round(tokens)) * BigInt(picodollars) : 0n
}
