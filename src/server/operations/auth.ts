import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

export const STATUS = operation({
  tag: 'Access',
  summary: 'Whether a key is needed, and where',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'Nothing of any key',
      schema: z.looseObject({
        authentication: z.object({
          enabled: z.boolean(),
          type: z.enum(['bearer_token', 'none']),
          protected_endpoints: z.array(z.string()),
          public_endpoints: z.array(z.string()),
        }),
        server_info: z.object({
          api_key_required: z.boolean(),
          api_key_source: z.enum(['runtime', 'none']),
          version: z.optional(z.string()),
        }),
      }),
    },
  },
})
