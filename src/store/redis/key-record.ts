import type { RateLimitSettings } from '../../admission/rate-counter.ts'
import type { KeySecret, VirtualKey } from '../../admission/virtual-key.ts'
import { parseJson } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'

type Fields = { [key: string]: JsonValue }

/** A key as one text. `token` makes each change another text, also one that changes nothing. */
export function writeKey(key: VirtualKey, token: string): string {
  return JSON.stringify({ ...key, token })
}

/** What `writeKey` wrote. Throws where it is something else: whoever may write there is not trusted with rules. */
export function readKey(text: string): VirtualKey {
  const fields = fieldsOf(parseJson(text))
  return {
    id: textOf(fields['id']),
    tenant: textOf(fields['tenant']),
    name: textOf(fields['name']),
    owner: orNull(fields['owner'], textOf),
    models: orNull(fields['models'], textsOf),
    routes: orNull(fields['routes'], textsOf),
    rateLimit: orNull(fields['rateLimit'], limitOf),
    // Written before there were such rules: none.
    claudeTools: fields['claudeTools'] === undefined ? [] : textsOf(fields['claudeTools']),
    expiresAt: orNull(fields['expiresAt'], numberOf),
    disabled: flagOf(fields['disabled']),
    metadata: Object.fromEntries(
      Object.entries(fieldsOf(fields['metadata'])).map(([name, value]) => [name, textOf(value)]),
    ),
    secrets: listOf(fields['secrets']).map(secretOf),
    createdAt: numberOf(fields['createdAt']),
    revokedAt: orNull(fields['revokedAt'], numberOf),
  }
}

function secretOf(value: JsonValue): KeySecret {
  const fields = fieldsOf(value)
  const hash = textOf(fields['hash'])
  if (!hash.startsWith('sha256:')) throw unreadable()
  return {
    hash,
    hint: textOf(fields['hint']),
    createdAt: numberOf(fields['createdAt']),
    expiresAt: orNull(fields['expiresAt'], numberOf),
  }
}

function limitOf(value: JsonValue | undefined): RateLimitSettings {
  const fields = fieldsOf(value)
  return { max: numberOf(fields['max']), timeWindow: numberOf(fields['timeWindow']) }
}

/** What is left out is not null: a rule that is missing must not become one that allows everything. */
function orNull<T>(value: JsonValue | undefined, read: (value: JsonValue | undefined) => T): T | null {
  return value === null ? null : read(value)
}

function fieldsOf(value: JsonValue | undefined): Fields {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) throw unreadable()
  return value
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(value)) throw unreadable()
  return value
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return listOf(value).map(textOf)
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw unreadable()
  return value
}

function numberOf(value: JsonValue | undefined): number {
  if (typeof value !== 'number') throw unreadable()
  return value
}

function flagOf(value: JsonValue | undefined): boolean {
  if (typeof value !== 'boolean') throw unreadable()
  return value
}

function unreadable(): Error {
  return new Error('A key in Redis cannot be read.')
}
