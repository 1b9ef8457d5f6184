import * as z from 'zod/mini'
import type { ModelPrice } from '../models/own-prices.ts'
import { decimal, named, section } from './scalars.ts'

/** More than any vendor asks. */
const MOST_DOLLARS = 1_000_000

const dollars = (description: string) =>
  decimal({
    expected: 'a number of US dollars for a million tokens, from 0 up',
    minimum: 0,
    maximum: MOST_DOLLARS,
    description,
  })

/** Of one provider. */
export const pricesSchema = named(
  section('US dollars of a million tokens.', {
    input: dollars('What is asked for input.'),
    output: dollars('What is asked for output.'),
    cacheRead: z.exactOptional(dollars("For input that comes from the vendor's cache; as other input when left out.")),
    cacheWrite: z.exactOptional(dollars("For input that goes into the vendor's cache; as other input when left out.")),
    cacheWriteLong: z.exactOptional(dollars('The same for an hour; as `cacheWrite` when left out.')),
  } satisfies Record<keyof ModelPrice, unknown>),
  {
    expected: 'an object of model names and prices',
    description:
      'What you pay here in place of list prices, by model name or pattern. The exact name counts first, then the first pattern.',
    examples: [{ 'my-model': { input: 0.5, output: 2 } }],
  },
)
