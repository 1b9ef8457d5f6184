import { LRUCache } from 'lru-cache'
import { ownCopy } from '../lib/own-copy.ts'
import { aliasClass, newestOfClass } from '../models/aliases.ts'
import { catalogModels } from '../models/catalog.ts'
import { claudeModel, isOpenAiModel, plainModelName, undatedModelName } from '../models/name.ts'
import type { Provider } from '../providers/provider.ts'

/** How surely a provider serves what was asked for, best first. */
const EXACT = 0
/** The same model in the vendor's own spelling, or the newest of the class that was asked for. */
const SPELLED = 1
/** Nobody lists it, but it is a name of this vendor's making. */
const FAMILY = 2
/** Listed without the release date that was asked for. */
const UNDATED = 3

export interface Offer {
  readonly provider: Provider
  /** The provider's own name of the model. */
  readonly model: string
}

/** Whoever has what was asked for. */
export interface Findings {
  /** In groups of equals, best first. */
  readonly groups: readonly (readonly Offer[])[]
  /** It is no model's name but that of a class, and means the newest model of it. */
  readonly isAlias: boolean
}

interface Match extends Offer {
  readonly quality: number
}

/** Clients choose names: no more than so many are remembered, and none that is longer than names are. */
const MOST_NAMES = 1000
const LONGEST_NAME = 200

/** Which provider has which models: those that the config gives it, else those that the vendor listed. */
export class ModelDirectory {
  /** Preferred first; of equal priority in the order of the config. */
  readonly providers: readonly Provider[]
  readonly #byId: ReadonlyMap<string, Provider>
  readonly #shelves: ReadonlyMap<string, Shelf>
  readonly #found = new LRUCache<string, Findings>({ max: MOST_NAMES })

  constructor(providers: readonly Provider[], listed: ReadonlyMap<string, readonly string[]>) {
    this.providers = providers.toSorted((a, b) => b.priority - a.priority)
    this.#byId = new Map(providers.map((provider) => [provider.id, provider]))
    this.#shelves = new Map(providers.map((entry) => [entry.id, new Shelf(entry, listed.get(entry.id) ?? [])]))
  }

  provider(id: string): Provider | null {
    return this.#byId.get(id) ?? null
  }

  /** A provider and a model out of `id/model`, whose model may hold slashes; null where the first part is no provider. */
  split(name: string): { readonly provider: Provider; readonly model: string } | null {
    const slash = name.indexOf('/')
    const provider = slash === -1 ? null : this.provider(name.slice(0, slash))
    return provider === null ? null : { provider, model: name.slice(slash + 1) }
  }

  /** The models that a provider is known to have, by its own names. */
  modelsOf(provider: Provider): readonly string[] {
    return this.#shelves.get(provider.id)?.names ?? []
  }

  /** The provider's own name for what was asked for; null when it is not known to have it. */
  nameAt(provider: Provider, asked: string): string | null {
    return this.#shelves.get(provider.id)?.match(asked)?.model ?? null
  }

  /**
   * What to ask a provider for that was chosen without naming a model: what the client asked for if the provider has it,
   * else its default, else the first model it is known to have.
   */
  modelFor(provider: Provider, asked: string): string {
    return this.nameAt(provider, asked) ?? provider.defaultModel ?? this.modelsOf(provider)[0] ?? asked
  }

  /**
   * Everybody who has the model: by priority, then by how surely it is the one. The simulator has no real models, so it is
   * never among them.
   */
  find(asked: string): Findings {
    const known = this.#found.get(asked)
    if (known !== undefined) return known
    const findings = { groups: this.#search(asked), isAlias: aliasClass(asked) !== null }
    if (asked.length <= LONGEST_NAME) this.#found.set(ownCopy(asked), findings)
    return findings
  }

  #search(asked: string): readonly (readonly Offer[])[] {
    const matches = this.providers.flatMap((provider) => {
      const match = isSimulator(provider) ? null : this.#shelves.get(provider.id)?.match(asked)
      return match === null || match === undefined ? [] : [{ ...match, provider }]
    })
    const sure = matches.filter(({ quality }) => quality < UNDATED)
    const groups = new Map<string, Match[]>()
    const ranked = (sure.length > 0 ? sure : matches).toSorted(
      (a, b) => b.provider.priority - a.provider.priority || a.quality - b.quality,
    )
    for (const match of newestFirst(asked, ranked)) {
      const key = `${match.provider.priority} ${match.quality} ${claudeModel(match.model)?.version ?? ''}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [match])
      else group.push(match)
    }
    return [...groups.values()]
  }
}

/** An alias means the newest model of its class, whoever has it. */
function newestFirst(asked: string, matches: readonly Match[]): readonly Match[] {
  const wanted = aliasClass(asked)
  return wanted === null ? matches : newestOfClass(wanted, matches, ({ model }) => model)
}

export function isSimulator({ definition }: Provider): boolean {
  return definition.type === 'simulator'
}

/** One provider's models, found by any spelling. */
class Shelf {
  readonly names: readonly string[]
  readonly #provider: Provider
  readonly #exact: ReadonlySet<string>
  readonly #plain: ReadonlyMap<string, string>
  readonly #undated: ReadonlyMap<string, string>

  constructor(provider: Provider, listed: readonly string[]) {
    this.#provider = provider
    this.#exact = new Set(provider.models.length > 0 ? provider.models : listed)
    this.names = [...this.#exact]
    this.#plain = firstBy(this.names, plainModelName)
    this.#undated = firstBy(this.names, (name) => undatedModelName(plainModelName(name)))
  }

  match(name: string): Match | null {
    if (this.#exact.has(name)) return this.#found(name, EXACT)
    // Other gateways put the vendor's name in front.
    const vendor = `${this.#provider.definition.type}/`
    const asked = name.startsWith(vendor) ? name.slice(vendor.length) : name
    if (this.#exact.has(asked)) return this.#found(asked, EXACT)
    const plain = plainModelName(asked)
    const spelled = this.#newestOfAlias(asked) ?? this.#plain.get(plain)
    if (spelled !== undefined) return this.#found(spelled, SPELLED)
    if (this.#isOfItsMaking(asked)) return this.#found(asked, FAMILY)
    const undated = this.#undated.get(undatedModelName(plain))
    return undated === undefined ? null : this.#found(undated, UNDATED)
  }

  #found(model: string, quality: number): Match {
    return { provider: this.#provider, model, quality }
  }

  /** Until a vendor has said what it has, the catalog says what it is known to have. */
  #newestOfAlias(asked: string): string | undefined {
    const wanted = aliasClass(asked)
    if (wanted === null) return undefined
    const offered = this.names.length > 0 ? this.names : catalogModels(this.#provider.definition.type)
    return newestOfClass(wanted, offered, (name) => name)[0]
  }

  #isOfItsMaking(asked: string): boolean {
    if (asked.includes('/') || aliasClass(asked) !== null) return false
    const { type } = this.#provider.definition
    return (type === 'anthropic' && claudeModel(asked) !== null) || (type === 'openai' && isOpenAiModel(asked))
  }
}

/** Of several names with one key the shortest counts: variants (`:free`) are longer than what they vary. */
function firstBy(names: readonly string[], key: (name: string) => string): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>()
  for (const name of names.toSorted((a, b) => a.length - b.length)) {
    if (!byKey.has(key(name))) byKey.set(key(name), name)
  }
  return byKey
}
