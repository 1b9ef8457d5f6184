import { expect, it } from 'vitest'
import { ownPrice } from './own-prices.ts'

it('ownPrice() finds a model by its name, then by the first pattern that it fits', () => {
  const [dear, cheap, other] = [
    { input: 9, output: 9 },
    { input: 1, output: 1 },
    { input: 2, output: 2 },
  ]
  const prices = { 'gpt-*': dear, 'gpt-6*': other, 'gpt-6-sol': cheap }
  expect(ownPrice(prices, 'gpt-6-sol')).toBe(cheap)
  expect(ownPrice(prices, 'gpt-6-luna')).toBe(dear)
  expect(ownPrice(prices, 'gpt-6-sol[1m]')).toBe(cheap)
  expect(ownPrice(prices, 'claude-sonnet-5')).toBeNull()
  expect(ownPrice(prices, 'constructor')).toBeNull()
})
