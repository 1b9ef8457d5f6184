import { expect, it } from 'vitest'
import { timed } from './timed.ts'

class Store {
  readonly kind = 'a store'
  #value = 1

  read(): Promise<number> {
    return Promise.resolve(this.#value)
  }

  fail(): Promise<number> {
    return Promise.reject(new Error(String(this.#value)))
  }

  size(add: number): number {
    return this.#value + add
  }
}

it('timed() tells of each promise, kept or broken, and changes nothing else', async () => {
  let time = 0
  const told: (readonly [string, number])[] = []
  const store = timed(
    new Store(),
    (method, milliseconds) => told.push([method, milliseconds]),
    () => (time += 5),
  )
  expect(await store.read()).toBe(1)
  await expect(store.fail()).rejects.toThrow('1')
  expect([store.kind, store.size(2)]).toEqual(['a store', 3])
  expect(told).toEqual([
    ['read', 5],
    ['fail', 5],
  ])
})
