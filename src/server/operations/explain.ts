import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

/** Where clients send what they want to have generated. */
const DEFAULT_PATH = '/v1/messages'

export const EXPLAIN = operation({
  tag: 'Routing',
  summary: 'Say where a request would go and why, without calling a vendor',
  query: z.object({
    path: z
      .prefault(z.string(), DEFAULT_PATH)
      .check(z.meta({ description: 'Where the request in the body would be sent to.' })),
  }),
  body: {
    schema: NOTHING,
    shown: z
      .looseObject({ model: z.string() })
      .check(z.meta({ description: 'The request, as it would be sent to that path.' })),
    example: { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] },
  },
  answers: { 200: { summary: 'Candidates, exclusions and the choice', schema: z.looseObject({}) } },
  errors: ['model_not_found', 'forbidden', 'no_candidate'],
})
