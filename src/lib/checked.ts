import { GatewayError } from './error.ts'

/** What a schema says is wrong. `message` completes "must be ...". */
export interface InputIssue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Of an object that may have no others. */
  readonly keys?: readonly string[]
}

/** Whatever checks a value and makes of it what the program works with. */
export interface InputSchema<T> {
  /** Names of the fields that it knows, where it is an object. */
  readonly shape?: object
  readonly safeParse: (
    value: unknown,
  ) =>
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly unknown[] } }
}

/**
 * Throws GatewayError `invalid_request`, which names the first field at fault; `whole` is what the value itself is called,
 * `stranger` what is said of a field that it may not have.
 */
export function checked<T>(
  schema: InputSchema<T>,
  value: unknown,
  whole: string,
  stranger = 'there is no such field that can be set',
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues.find(isIssue)
  const path = issue?.path.map(String) ?? []
  const [unknown] = issue?.code === 'unrecognized_keys' ? (issue.keys ?? []) : []
  if (unknown !== undefined) throw invalid([...path, unknown].join('.'), stranger)
  throw invalid(path.length === 0 ? whole : path.join('.'), `must be ${issue?.message ?? 'something else'}`)
}

function isIssue(issue: unknown): issue is InputIssue {
  return issue !== null && typeof issue === 'object' && 'path' in issue && 'message' in issue
}

function invalid(param: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${why}.`, { param })
}
