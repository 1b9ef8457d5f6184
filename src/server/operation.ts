import type * as z from 'zod/mini'
import { checked } from '../lib/checked.ts'
import type { InputSchema } from '../lib/checked.ts'
import type { ErrorCode } from '../lib/error.ts'
import { GatewayError } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'
import { JsonScanError, scanJsonBytes } from '../lib/json.ts'
import type { RouteDescription } from '../protocols/route-description.ts'
import type { Access, PlainAnswer, PlainRequest, PlainRoute, StreamedAnswer } from './plain-route.ts'

/** The one declaration of what a route takes and gives: its input is checked by it, and the documentation is made of it. */
export interface Operation<Query, Body> {
  readonly tag: string
  readonly summary: string
  readonly details?: string
  /** Names in braces of the path, in words. */
  readonly params?: Readonly<Record<string, string>>
  readonly query: InputSchema<Query>
  readonly body: BodyOfOperation<Body>
  readonly answers: Readonly<Record<number, AnswerOfOperation>>
  readonly errors?: readonly ErrorCode[]
}

export interface BodyOfOperation<Body> {
  readonly schema: InputSchema<Body>
  /** What the documentation shows of a body that the route reads by itself: then `schema` is `NOTHING`. */
  readonly shown?: z.core.$ZodType
  /** What a request without a body stands for; left out: it needs one. */
  readonly without?: JsonValue
  readonly example?: JsonValue
}

export interface AnswerOfOperation {
  readonly summary: string
  /** Left out: the body is no JSON. */
  readonly schema?: z.core.$ZodType
  /** By default `application/json`. */
  readonly type?: string
  /** Another type, which is no JSON, that callers may ask for in its place. */
  readonly also?: string
}

/** What a route does not look at. */
export const NOTHING: InputSchema<undefined> = { safeParse: () => ({ success: true, data: undefined }) }

type Declared<Query, Body> = Omit<Operation<Query, Body>, 'body'> & {
  readonly body: InputSchema<Body> | BodyOfOperation<Body>
}

/** `NOTHING` stands for a query or a body that there is none of. */
export function operation<Query, Body>({ body, ...rest }: Declared<Query, Body>): Operation<Query, Body> {
  return { ...rest, body: 'schema' in body ? body : { schema: body } }
}

export type BodyOf<O> = O extends Operation<infer _Query, infer Body> ? Body : never
export type QueryOf<O> = O extends Operation<infer Query, infer _Body> ? Query : never

/** What a caller gave, checked. */
export interface Input<Query, Body> {
  readonly query: Query
  readonly body: Body
}

type Answering<Query, Body> = (
  input: Input<Query, Body>,
  request: PlainRequest,
) => Promise<PlainAnswer | StreamedAnswer>

/** A route whose input its operation checks. The operation is loaded when it is first called. */
export function operationRoute<Query, Body>(
  method: PlainRoute['method'],
  path: string,
  access: Access,
  load: () => Promise<Operation<Query, Body>>,
  answer: Answering<Query, Body>,
): PlainRoute {
  return {
    method,
    path,
    access,
    describe: described(load),
    answer: async (request) => answer(inputOf(await load(), request), request),
  }
}

/** For routes that take nothing, or that read by themselves what they take. */
export function described<Query, Body>(load: () => Promise<Operation<Query, Body>>): () => Promise<RouteDescription> {
  return async () => {
    const { describeOperation } = await import('./describe-operation.ts')
    return describeOperation(await load())
  }
}

/** Throws GatewayError `invalid_request`, `invalid_json`. */
function inputOf<Query, Body>({ query, body }: Operation<Query, Body>, request: PlainRequest): Input<Query, Body> {
  return {
    query: checked(query, fieldsOf(request.query), 'query', strangerTo(query)),
    body: checked(body.schema, isRead(body) ? valueOf(request.body, body.without) : null, 'body'),
  }
}

function isRead({ schema }: { readonly schema: InputSchema<unknown> }): boolean {
  return schema !== NOTHING
}

function strangerTo({ shape = {} }: InputSchema<unknown>): string {
  const known = Object.keys(shape)
  return `is no parameter of this path, which has ${known.length === 0 ? 'none' : known.join(', ')}`
}

function fieldsOf(query: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(fields, name)) {
      throw new GatewayError('invalid_request', `${name}: is there more than once.`, { param: name })
    }
    fields[name] = value
  }
  return fields
}

function valueOf(body: Buffer, without: JsonValue | undefined): JsonValue {
  if (body.length === 0 && without !== undefined) return without
  try {
    return scanJsonBytes(body).decode()
  } catch (thrown) {
    if (!(thrown instanceof JsonScanError)) throw thrown
    throw new GatewayError('invalid_json', `The body is not JSON: ${thrown.message}.`)
  }
}
