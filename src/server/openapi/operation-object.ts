import { ERRORS } from '../../lib/error.ts'
import type { ErrorCode } from '../../lib/error.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { JsonSchema, ParameterDescription, RouteDescription } from '../../protocols/route-description.ts'
import type { Access } from '../plain-route.ts'
import type { Fields } from './fields.ts'
import { REPLY_HEADERS } from './reply-headers.ts'

/** A route and what is said of it. */
export interface Described {
  readonly method: string
  readonly path: string
  readonly access: Access
  readonly description: RouteDescription
}

/** What may go wrong wherever it is asked. */
const ALWAYS: readonly ErrorCode[] = ['invalid_request', 'origin_not_allowed', 'host_not_allowed', 'internal']
const BY_ACCESS: Readonly<Record<Access, readonly ErrorCode[]>> = {
  public: [],
  key: ['unauthorized', 'forbidden', 'rate_limited'],
  admin: ['unauthorized'],
}

const ERROR_HEADERS = ['request-id', 'x-request-id', 'x-ucr-error']
const PLAIN_HEADERS = ['request-id', 'x-request-id']

/** One method of one path. Several routes: which one answers is told by the headers of the request. */
export function operationOf(path: string, routes: readonly Described[]): Fields {
  const [first] = routes
  if (first === undefined) throw new Error(`${path} has no route`)
  const descriptions = routes.map(({ description }) => description)
  const { access } = first
  const { summary, reference } = first.description
  const details = descriptions.flatMap(({ details: own }) => own ?? [])
  const codes = [...ALWAYS, ...BY_ACCESS[access], ...descriptions.flatMap(({ errors }) => errors ?? [])]
  const body = bodyOf(descriptions)
  const parameters = parametersOf(descriptions)
  return {
    operationId: `${first.method.toLowerCase()}${path.replaceAll(/[^\w]+/g, '_').replace(/_$/, '')}`,
    tags: [...new Set(descriptions.map(({ tag }) => tag))],
    summary,
    ...(details.length > 0 && { description: [...new Set(details)].join(' ') }),
    ...(reference !== undefined && { externalDocs: { url: reference } }),
    security: SECURITY[access].map((scheme) => ({ [scheme]: [] })),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== null && { requestBody: body }),
    responses: { ...errorsOf(codes), ...answersOf(descriptions) },
    'x-ucr-access': access,
  }
}

const SECURITY: Readonly<Record<Access, readonly string[]>> = {
  public: [],
  key: ['bearer', 'apiKey', 'googleKey'],
  admin: ['adminToken'],
}

function parametersOf(descriptions: readonly RouteDescription[]): Fields[] {
  const named = new Map<string, ParameterDescription>()
  for (const parameter of descriptions.flatMap(({ parameters = [] }) => parameters)) {
    named.set(`${parameter.in} ${parameter.name}`, parameter)
  }
  return [...named.values()].map(({ in: place, name, summary, required = false, schema }) => ({
    in: place,
    name,
    ...(summary !== '' && { description: summary }),
    required: required || place === 'path',
    schema,
  }))
}

function bodyOf(descriptions: readonly RouteDescription[]): Fields | null {
  const [body, other] = descriptions.flatMap(({ body: own }) => own ?? [])
  if (other !== undefined) throw new Error('routes that share a path take no bodies')
  if (body === undefined) return null
  const { required, schema, example } = body
  return { required, content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }
}

function answersOf(descriptions: readonly RouteDescription[]): Fields {
  const all = descriptions.flatMap(({ answers }) => Object.entries(answers))
  return Object.fromEntries(
    [...Map.groupBy(all, ([status]) => status)].map(([status, answers]): [string, JsonValue] => {
      const contents = answers.flatMap(([, { content }]) => Object.entries(content))
      const media = [...Map.groupBy(contents, ([type]) => type)].map(([type, schemas]): [string, JsonValue] => {
        return [type, { schema: anyOf(schemas.map(([, schema]) => schema)) }]
      })
      const generates = contents.some(([type]) => type === 'text/event-stream')
      return [
        status,
        {
          description: answers[0]?.[1].summary ?? '',
          headers: headersOf(
            generates ? Object.keys(REPLY_HEADERS).filter((name) => name !== 'x-ucr-error') : PLAIN_HEADERS,
          ),
          ...(media.length > 0 && { content: Object.fromEntries(media) }),
        },
      ]
    }),
  )
}

function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const [only, other] = schemas
  return other === undefined && only !== undefined ? only : { anyOf: [...schemas] }
}

function errorsOf(codes: readonly ErrorCode[]): Fields {
  const byStatus = Map.groupBy(new Set(codes), (code) => String(ERRORS[code].status))
  return Object.fromEntries(
    [...byStatus].map(([status, named]): [string, JsonValue] => [
      status,
      {
        description: named.map((code) => `\`${code}\``).join(', '),
        headers: headersOf(ERROR_HEADERS),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  )
}

function headersOf(names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
