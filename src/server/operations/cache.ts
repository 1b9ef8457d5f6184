import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Caches'

export const STATS = operation({
  tag,
  summary: 'What the caches hold, and how often they help',
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'Figures of this process since its start', schema: z.looseObject({}) } },
})

const IS_NAME = { error: 'a name, and the only one' }

/** What nobody can mean is refused: a mistyped name would delete everything. */
const scope = z
  .strictObject({
    key: z
      .exactOptional(z.string().check(z.minLength(1, IS_NAME)))
      .check(z.meta({ description: 'The answer of this name, as `x-ucr-cache-key` said it.' })),
    model: z
      .exactOptional(z.string().check(z.minLength(1, IS_NAME)))
      .check(z.meta({ description: 'The answers of this model.' })),
  })
  .check(z.refine(({ key, model }) => key === undefined || model === undefined, { ...IS_NAME, path: ['model'] }))

const GONE = { 200: { summary: 'How many are gone', schema: z.object({ deleted: z.int() }) } }

export const FORGET = operation({
  tag,
  summary: "Forget this key's kept answers: all, those of a model, or one",
  query: scope,
  body: NOTHING,
  answers: GONE,
})

export const FORGET_ALL = operation({
  tag,
  summary: "Forget everybody's kept answers: all, those of a model, or one",
  query: scope,
  body: NOTHING,
  answers: GONE,
})
