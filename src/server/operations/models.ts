import * as z from 'zod/mini'
import type { JsonValue } from '../../lib/json.ts'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Models'

const IS_OBJECT = { error: 'an object' }
const IS_NAME = { error: 'the name of a model' }

const model = z
  .string(IS_NAME)
  .check(z.minLength(1, IS_NAME), z.meta({ description: 'As a request would name it.', examples: ['gpt-5.5'] }))

const names = { provider: z.string(), resolved_model: z.string() }

export const CAPABILITIES = operation({
  tag,
  summary: 'Say what the model takes that would answer under this name',
  params: { id: 'A name, as a request would name the model. A slash in it is written as %2F.' },
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'Of the model that would be asked first',
      schema: z.object({
        id: z.string(),
        object: z.literal('model.capabilities'),
        provider: z.string(),
        model: z.string().check(z.meta({ description: "The vendor's name for it." })),
        capabilities: z.object({
          streaming: z.boolean(),
          function_calling: z.boolean(),
          forced_tool_choice: z.boolean(),
          vision: z.boolean(),
          documents: z.boolean(),
          structured_output: z.boolean(),
          sampling: z.boolean().check(z.meta({ description: '`temperature`, `top_p`, `top_k`.' })),
          thinking: z.array(z.string()),
          efforts: z.array(z.string()),
          context_length: z.nullable(z.int()),
          max_output_tokens: z.nullable(z.int()),
        }),
      }),
    },
  },
  errors: ['model_not_found', 'no_candidate'],
})

export const VALIDATE = operation({
  tag,
  summary: 'Say who would answer under a name, or what else may be meant',
  query: NOTHING,
  body: { schema: z.looseObject({ model }, IS_OBJECT), example: { model: 'claude-sonnet-4-5' } },
  answers: {
    200: {
      summary: 'Also of names that nobody answers to',
      schema: z.union([
        z.object({ model: z.string(), valid: z.literal(true), ...names, reason: z.string() }),
        z.object({
          model: z.string(),
          valid: z.literal(false),
          error: z.object({ code: z.string(), message: z.string() }),
          suggestions: z.array(z.string()),
        }),
      ]),
    },
  },
})

/** Whatever JSON has. */
const anything = z.custom<JsonValue>()

export const COMPATIBILITY = operation({
  tag,
  summary: 'Say what becomes of the parameters of a Chat request',
  details: 'Found by dry runs; no vendor is called. A request without parameters asks about all of them.',
  query: NOTHING,
  body: {
    schema: z
      .catchall(z.object({ model }, IS_OBJECT), anything)
      .check(z.meta({ description: 'A request of Chat Completions, of which only the model is needed.' })),
    example: { model: 'claude-sonnet-4-5', temperature: 0.5, seed: 7 },
  },
  answers: {
    200: {
      summary: 'What becomes of each',
      schema: z.object({
        object: z.literal('compatibility'),
        model: z.string(),
        ...names,
        plan: z.nullable(z.enum(['passthrough', 'translate'])),
        compatible: z.boolean(),
        refusal: z.nullable(z.string()).check(z.meta({ description: 'Why the request as a whole is refused.' })),
        parameters: z.array(
          z.object({
            parameter: z.string(),
            status: z.enum(['honoured', 'substituted', 'dropped', 'refused']),
            why: z.nullable(z.string()),
          }),
        ),
        suggestions: z.array(z.string()),
      }),
    },
  },
  errors: ['model_not_found', 'no_candidate'],
})
