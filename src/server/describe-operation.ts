import { toJSONSchema } from 'zod/v4/core'
import type * as z from 'zod/mini'
import { parseJson } from '../lib/json.ts'
import type {
  AnswerDescription,
  JsonSchema,
  ParameterDescription,
  RouteDescription,
} from '../protocols/route-description.ts'
import { fieldsOf } from './openapi/fields.ts'
import type { AnswerOfOperation, Operation } from './operation.ts'

/** An operation without anything of the library that its schemas are written with. */
export function describeOperation<Query, Body>(operation: Operation<Query, Body>): RouteDescription {
  const { tag, summary, details, params = {}, query, body, answers, errors } = operation
  const shown = body.shown ?? (isWritten(body.schema) ? body.schema : null)
  return {
    tag,
    summary,
    ...(details !== undefined && { details }),
    parameters: [
      ...Object.entries(params).map(([name, words]) => pathParameter(name, words)),
      ...(isWritten(query) ? queryParameters(jsonSchema(query, 'input')) : []),
    ],
    ...(shown !== null && {
      body: {
        required: body.without === undefined,
        schema: jsonSchema(shown, 'input'),
        ...(body.example !== undefined && { example: body.example }),
      },
    }),
    answers: Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
    ...(errors !== undefined && { errors }),
  }
}

/** A schema of the library, and not what stands for nothing. */
function isWritten(schema: object): schema is z.core.$ZodType {
  return '_zod' in schema
}

function pathParameter(name: string, summary: string): ParameterDescription {
  return { in: 'path', name, summary, required: true, schema: { type: 'string' } }
}

function queryParameters({ properties, required }: JsonSchema): readonly ParameterDescription[] {
  const needed = Array.isArray(required) ? required : []
  return Object.entries(fieldsOf(properties)).map(([name, property]) => {
    const { description, ...schema } = fieldsOf(property)
    const summary = typeof description === 'string' ? description : ''
    return { in: 'query', name, summary, required: needed.includes(name), schema }
  })
}

function answerOf({ summary, schema, type = 'application/json', also }: AnswerOfOperation): AnswerDescription {
  const text = { type: 'string' }
  return {
    summary,
    content: {
      [type]: schema === undefined ? text : jsonSchema(schema, 'output'),
      ...(also !== undefined && { [also]: text }),
    },
  }
}

function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, '~standard': __, ...rest } = toJSONSchema(schema, { io, unrepresentable: 'any' })
  // What it gives has functions beside it that are no part of the schema.
  return fieldsOf(parseJson(JSON.stringify(rest)))
}
