import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Documentation'
const details = 'Where other machines reach the gateway, for holders of a key.'

export const PAGE = operation({
  tag,
  summary: 'All of this as a page',
  details,
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The page', type: 'text/html' } },
  errors: ['unauthorized'],
})

export const DOCUMENT = operation({
  tag,
  summary: 'All of this as an OpenAPI 3.1 document',
  details,
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'The document',
      schema: z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) }),
    },
  },
  errors: ['unauthorized'],
})
