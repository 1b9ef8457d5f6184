import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

const method = z.enum(['bedrock', 'vertex', 'anthropic', 'claude_cli'])

const claudeCode = z.object({
  method,
  status: z.object({
    method,
    valid: z.boolean().check(z.meta({ description: 'Found without asking the vendor.' })),
    errors: z.array(z.string()),
    config: z.object({ provider: z.string(), version: z.nullable(z.string()) }),
  }),
  environment_variables: z
    .array(z.string())
    .check(z.meta({ description: 'Names of the variables that it signs in with.' })),
})

export const STATUS = operation({
  tag: 'Access',
  summary: 'Whether a key is needed, and where; and how Claude Code signs in',
  details: 'Where other machines reach the gateway, strangers learn neither its version nor anything of Claude Code.',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'Nothing of any key',
      schema: z.object({
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
        claude_code_auth: z
          .optional(z.nullable(claudeCode))
          .check(z.meta({ description: 'Of the first provider that is Claude Code; null: there is none.' })),
      }),
    },
  },
})
