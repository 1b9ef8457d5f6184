import { beforeEach, describe, expect, it } from 'vitest'
import { errors } from 'jose'
import { keySet, signingKey } from '../../test/support/tokens.ts'
import { IssuerKeys, KeySetUnavailable } from './jwks.ts'

const MINUTE = 60_000

describe('IssuerKeys', async () => {
  const first = await signingKey('first')
  const second = await signingKey('second')
  const nameless = await signingKey('nameless')
  let now = 0
  let reads = 0
  let failures: string[] = []
  let answer: () => Promise<string> = async () => ''
  let keys: IssuerKeys

  beforeEach(() => {
    now = 5_000_000
    reads = 0
    failures = []
    answer = async () => keySet(first)
    keys = new IssuerKeys({
      read: () => {
        reads++
        return answer()
      },
      now: () => now,
      failed: (why) => failures.push(why),
    })
  })

  const find = async (kid: string): Promise<number> => (await keys.candidates({ alg: 'ES256', kid })).length

  it('reads the set when the first token comes, and not again for the next', async () => {
    expect(reads).toBe(0)
    expect(await find('first')).toBe(1)
    expect(await find('first')).toBe(1)
    expect(reads).toBe(1)
  })

  it('reads once for many tokens that come at the same time', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => find('first')))).toEqual(Array(20).fill(1))
    expect(reads).toBe(1)
  })

  it('reads again for a key that is not known yet', async () => {
    await find('first')
    answer = async () => keySet(first, second)
    now += 30_000
    expect(await find('second')).toBe(1)
    expect(reads).toBe(2)
    expect(keys.generation).toBe(2)
  })

  it('reads no more than once in half a minute, whatever keys tokens name', async () => {
    await find('first')
    for (const kid of ['a', 'b', 'c']) await expect(find(kid)).rejects.toThrow(errors.JWKSNoMatchingKey)
    expect(reads).toBe(1)
    now += 30_000
    for (const kid of ['a', 'b', 'c']) await expect(find(kid)).rejects.toThrow(errors.JWKSNoMatchingKey)
    expect(reads).toBe(2)
  })

  it('notices after a while that a key is gone, without anybody waiting for it', async () => {
    await find('first')
    const read = Promise.withResolvers<string>()
    answer = () => read.promise
    now += 10 * MINUTE
    expect(await find('first')).toBe(1)
    read.resolve(keySet(second))
    await expect(find('first')).rejects.toThrow(errors.JWKSNoMatchingKey)
    expect(await find('second')).toBe(1)
    expect(reads).toBe(2)
  })

  it('goes on with the keys that it has while the set cannot be read', async () => {
    await find('first')
    answer = () => Promise.reject(new Error('nobody answers'))
    for (let hour = 0; hour < 5; hour++) {
      now += 60 * MINUTE
      expect(await find('first')).toBe(1)
    }
    await Promise.resolve()
    expect(failures).toEqual(Array(5).fill('nobody answers'))
    expect(keys.generation).toBe(1)
  })

  it('goes on with the keys that it has when something else comes', async () => {
    await find('first')
    for (const text of ['', '<html>', '[]', '{"keys":{}}', `{"keys":[${'{},'.repeat(200)}{}]}`]) {
      answer = async () => text
      now += 30_000
      await expect(find('other')).rejects.toThrow(errors.JWKSNoMatchingKey)
      expect(await find('first')).toBe(1)
    }
    expect(failures).toHaveLength(5)
  })

  it('says that there are none as long as none were read, and tries again soon', async () => {
    answer = () => Promise.reject(new Error('nobody answers'))
    await expect(find('first')).rejects.toThrow(KeySetUnavailable)
    await expect(find('first')).rejects.toThrow(KeySetUnavailable)
    expect(reads).toBe(1)
    answer = async () => keySet(first)
    now += 5000
    expect(await find('first')).toBe(1)
  })

  it('takes the good keys of a set that has others as well', async () => {
    answer = async () => JSON.stringify({ keys: [null, 7, {}, { kty: 'future' }, first.jwk] })
    expect(await find('first')).toBe(1)
  })

  it('gives all keys that fit where the token names none', async () => {
    answer = async () => keySet(first, second, nameless)
    expect(await keys.candidates({ alg: 'ES256' })).toHaveLength(3)
  })
})
