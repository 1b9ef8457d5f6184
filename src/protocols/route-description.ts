import type { ErrorCode } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'

/** JSON Schema 2020-12. */
export type JsonSchema = { readonly [keyword: string]: JsonValue }

/** A route for people and programs that want to call it: a part of the OpenAPI document. */
export interface RouteDescription {
  /** The chapter that it stands in. */
  readonly tag: string
  /** One line, without a full stop. */
  readonly summary: string
  readonly details?: string
  /** Where somebody else describes it in full. */
  readonly reference?: string
  readonly parameters?: readonly ParameterDescription[]
  readonly body?: BodyDescription
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerDescription>>
  /** Besides those that every route may give. */
  readonly errors?: readonly ErrorCode[]
}

export interface ParameterDescription {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly summary: string
  /** Parameters of the path always are. */
  readonly required?: boolean
  readonly schema: JsonSchema
}

export interface BodyDescription {
  readonly required: boolean
  readonly schema: JsonSchema
  readonly example?: JsonValue
}

export interface AnswerDescription {
  readonly summary: string
  /** By media type; empty: no body. */
  readonly content: Readonly<Record<string, JsonSchema>>
}
