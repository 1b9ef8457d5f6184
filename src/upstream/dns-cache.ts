import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { LRUCache } from 'lru-cache'

export interface DnsCacheSettings {
  /** Names that are kept. */
  readonly max: number
  /** Milliseconds for which addresses are used without asking again. */
  readonly ttl: number
}

export interface DnsStats {
  readonly size: number
  readonly hits: number
  readonly misses: number
  /** Answers of an earlier look-up that were used because the present one failed. */
  readonly stale: number
  readonly errors: number
}

interface Entry {
  readonly addresses: readonly LookupAddress[]
  /** Monotonic milliseconds until which they are used without asking. */
  readonly until: number
  /** The last look-up failed: they are those of an earlier one. */
  readonly stale: boolean
}

/** All addresses of a host. */
type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/**
 * Milliseconds for which a resolver that failed is not asked again where there is an old answer: it may take many seconds
 * to fail, and every new connection would wait for that.
 */
const REST = 5000

/**
 * Addresses of vendors' hosts, of both families, looked up by the system. Each look-up takes a thread of Node's pool, and
 * a resolver that is down for a minute must not take every vendor with it: an old answer is better than none.
 */
export class DnsCache {
  readonly #settings: DnsCacheSettings
  readonly #looked: (host: string, milliseconds: number) => void
  readonly #system: Resolve
  /** Monotonic milliseconds. */
  readonly #now: () => number
  readonly #entries: LRUCache<string, Entry>
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>()
  #hits = 0
  #misses = 0
  #stale = 0
  #errors = 0

  /** `looked` is told how long each look-up took, in milliseconds. */
  constructor(
    settings: DnsCacheSettings,
    looked: (host: string, milliseconds: number) => void = () => {},
    system: Resolve = askSystem,
    now = (): number => performance.now(),
  ) {
    this.#settings = settings
    this.#looked = looked
    this.#system = system
    this.#now = now
    this.#entries = new LRUCache({ max: Math.max(1, settings.max) })
  }

  stats(): DnsStats {
    return {
      size: this.#entries.size,
      hits: this.#hits,
      misses: this.#misses,
      stale: this.#stale,
      errors: this.#errors,
    }
  }

  /** For `lookup` of a connection's options. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host).then(
      (addresses) => {
        const family =
          options.family === 4 || options.family === 'IPv4'
            ? 4
            : options.family === 6 || options.family === 'IPv6'
              ? 6
              : 0
        const fitting = addresses.filter((address) => family === 0 || address.family === family)
        const [first] = fitting
        if (first === undefined) callback(notFound(host), '', 0)
        else if (options.all === true) callback(null, [...fitting])
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }

  async #resolve(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host)
    if (family !== 0) return [{ address: host, family }]
    const known = this.#entries.get(host)
    if (known !== undefined && this.#now() < known.until) {
      if (known.stale) this.#stale++
      else this.#hits++
      return known.addresses
    }
    this.#misses++
    try {
      return await this.#ask(host)
    } catch (thrown) {
      this.#errors++
      if (known === undefined) throw thrown
      this.#stale++
      return known.addresses
    }
  }

  /** Connections that want the same host at once wait for one look-up. */
  #ask(host: string): Promise<readonly LookupAddress[]> {
    const present = this.#underWay.get(host)
    if (present !== undefined) return present
    const asked = this.#renew(host).finally(() => this.#underWay.delete(host))
    this.#underWay.set(host, asked)
    return asked
  }

  async #renew(host: string): Promise<readonly LookupAddress[]> {
    const startedAt = this.#now()
    try {
      const addresses = await this.#system(host)
      this.#entries.set(host, { addresses, until: this.#now() + this.#settings.ttl, stale: false })
      return addresses
    } catch (thrown) {
      const known = this.#entries.get(host)
      if (known !== undefined) this.#entries.set(host, { ...known, until: this.#now() + REST, stale: true })
      throw thrown
    } finally {
      this.#looked(host, this.#now() - startedAt)
    }
  }
}

function askSystem(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no address of the family that was asked for`), { code: 'ENOTFOUND' })
}
