import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { DnsCache } from './dns-cache.ts'
import type { DnsCacheSettings } from './dns-cache.ts'

const V4: LookupAddress = { address: '192.0.2.1', family: 4 }
const V6: LookupAddress = { address: '2001:db8::1', family: 6 }
const FAILED = Object.assign(new Error('the resolver is down'), { code: 'EAI_AGAIN' })

/** A cache over a resolver and a clock that the test sets. */
class Bench {
  readonly dns: DnsCache
  /** What the resolver says from now on. */
  answer: readonly LookupAddress[] | Error | Promise<readonly LookupAddress[]> = [V4, V6]
  /** Hosts that it was asked for. */
  readonly asked: string[] = []
  #now = 0

  constructor(settings: Partial<DnsCacheSettings> = {}) {
    this.dns = new DnsCache(
      { max: 10, ttl: 60_000, ...settings },
      () => {},
      async (host) => {
        this.asked.push(host)
        if (this.answer instanceof Error) throw this.answer
        return this.answer
      },
      () => this.#now,
    )
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** As connections ask. */
  all(host: string): Promise<readonly LookupAddress[]> {
    return new Promise((resolve, reject) => {
      this.dns.lookup(host, { all: true }, (error, addresses) => {
        if (error !== null) reject(error)
        else resolve(typeof addresses === 'string' ? [] : addresses)
      })
    })
  }

  one(host: string, family: 0 | 4 | 6 | 'IPv4' | 'IPv6'): Promise<readonly [address: unknown, family: unknown]> {
    return new Promise((resolve, reject) => {
      this.dns.lookup(host, { family }, (error, ...found) => {
        if (error !== null) reject(error)
        else resolve([found[0], found[1]])
      })
    })
  }
}

describe('DnsCache', () => {
  it('asks once for as long as an answer is good', async () => {
    const bench = new Bench()
    for (let count = 0; count < 3; count++) expect(await bench.all('vendor.example')).toEqual([V4, V6])
    bench.pass(59_999)
    await bench.all('vendor.example')
    expect(bench.asked).toEqual(['vendor.example'])
    expect(bench.dns.stats()).toEqual({ size: 1, hits: 3, misses: 1, stale: 0, errors: 0 })
  })

  it('asks again when its time is over, and gives the new answer', async () => {
    const bench = new Bench()
    await bench.all('vendor.example')
    bench.answer = [V6]
    bench.pass(60_000)
    expect(await bench.all('vendor.example')).toEqual([V6])
    expect(bench.asked).toHaveLength(2)
    expect(bench.dns.stats()).toMatchObject({ size: 1, hits: 0, misses: 2 })
  })

  it('asks once for connections that are made at the same time', async () => {
    const bench = new Bench()
    const answered = Promise.withResolvers<readonly LookupAddress[]>()
    bench.answer = answered.promise
    const both = Promise.all([bench.all('vendor.example'), bench.all('vendor.example')])
    answered.resolve([V4])
    expect(await both).toEqual([[V4], [V4]])
    expect(bench.asked).toHaveLength(1)
  })

  it('gives the old answer while the resolver fails, and lets it rest in between', async () => {
    const bench = new Bench()
    await bench.all('vendor.example')
    bench.pass(60_000)
    bench.answer = FAILED
    for (let count = 0; count < 5; count++) expect(await bench.all('vendor.example')).toEqual([V4, V6])
    expect(bench.asked).toHaveLength(2)
    expect(bench.dns.stats()).toEqual({ size: 1, hits: 0, misses: 2, stale: 5, errors: 1 })
    bench.pass(5000)
    expect(await bench.all('vendor.example')).toEqual([V4, V6])
    expect(bench.asked).toHaveLength(3)
    bench.answer = [V6]
    bench.pass(5000)
    expect(await bench.all('vendor.example')).toEqual([V6])
    // That one is as good as any.
    bench.pass(59_999)
    await bench.all('vendor.example')
    expect(bench.asked).toHaveLength(4)
    expect(bench.dns.stats()).toMatchObject({ hits: 1, stale: 6, errors: 2 })
  })

  it('fails where there is no old answer, and asks for the next connection', async () => {
    const bench = new Bench()
    bench.answer = FAILED
    await expect(bench.all('vendor.example')).rejects.toBe(FAILED)
    bench.answer = [V4]
    expect(await bench.all('vendor.example')).toEqual([V4])
    expect(bench.dns.stats()).toEqual({ size: 1, hits: 0, misses: 2, stale: 0, errors: 1 })
  })

  it('gives the family that is asked for', async () => {
    const bench = new Bench()
    expect(await bench.one('vendor.example', 0)).toEqual([V4.address, 4])
    expect(await bench.one('vendor.example', 4)).toEqual([V4.address, 4])
    expect(await bench.one('vendor.example', 'IPv6')).toEqual([V6.address, 6])
    expect(bench.asked).toHaveLength(1)
    bench.answer = [V4]
    await expect(bench.one('old.example', 6)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('keeps so many names, and forgets first the one that was not asked for the longest', async () => {
    const bench = new Bench({ max: 2 })
    for (const host of ['a.example', 'b.example', 'a.example', 'c.example', 'a.example', 'b.example']) {
      await bench.all(host)
    }
    expect(bench.asked).toEqual(['a.example', 'b.example', 'c.example', 'b.example'])
    expect(bench.dns.stats().size).toBe(2)
  })

  it('asks nobody for what is an address', async () => {
    const bench = new Bench()
    expect(await bench.all('192.0.2.7')).toEqual([{ address: '192.0.2.7', family: 4 }])
    expect(await bench.all('2001:db8::7')).toEqual([{ address: '2001:db8::7', family: 6 }])
    expect(bench.asked).toEqual([])
    expect(bench.dns.stats()).toEqual({ size: 0, hits: 0, misses: 0, stale: 0, errors: 0 })
  })

  it('asks the system', async () => {
    const dns = new DnsCache({ max: 10, ttl: 60_000 })
    const address = await new Promise((resolve) => dns.lookup('localhost', {}, (_error, found) => resolve(found)))
    expect(['127.0.0.1', '::1']).toContain(address)
  })
})
