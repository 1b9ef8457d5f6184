import { GatewayError } from '../../lib/error.ts'
import { HTTP2 } from '../request-head.ts'
import type { ParsedHead } from '../request-head.ts'

/** Fields that speak of an HTTP/1 connection. https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2 */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
const TARGET = /^[\x21-\x7e]+$/

/** The head of a request as its frames gave it. */
export interface ReceivedHead {
  /** Names and values in turn, pseudo-fields too. */
  readonly fields: readonly string[]
  /** No body follows. */
  readonly ends: boolean
}

/**
 * The same head as HTTP/1 would have had it, so that the same checks apply. What only HTTP/2 can get wrong is its `problem`.
 * `limit`: characters, counted as in HTTP/1.
 */
export function parseFields({ fields: received, ends }: ReceivedHead, limit: number): ParsedHead {
  const fields: string[] = []
  const pseudo = new Map<string, string>()
  let size = 0
  let isWell = true
  for (let position = 0; position < received.length; position += 2) {
    const name = received[position] ?? ''
    const value = received[position + 1] ?? ''
    size += name.length + value.length + 4
    if (name.startsWith(':')) pseudo.set(name, value)
    else fields.push(name, value)
    isWell &&= VALUE.test(value) && (name.startsWith(':') || isFieldOfRequest(name, value))
  }
  isWell &&= takeAuthority(fields, pseudo.get(':authority')) && hasOneLength(fields, ends)
  const method = pseudo.get(':method') ?? ''
  const target = pseudo.get(':path') ?? ''
  isWell &&= method === 'CONNECT' || TARGET.test(target)
  const head = { method, target, version: HTTP2, fields, hasBody: !ends }
  if (size > limit) {
    return { ...head, problem: new GatewayError('headers_too_large', 'The request head is too large.') }
  }
  return isWell
    ? head
    : { ...head, problem: new GatewayError('invalid_request', 'This is not a valid HTTP/2 request.') }
}

function isFieldOfRequest(name: string, value: string): boolean {
  if (!NAME.test(name) || OF_CONNECTIONS.has(name)) return false
  return name !== 'te' || value === 'trailers'
}

/** The authority is the host, and nobody may name another one beside it. */
function takeAuthority(fields: string[], authority: string | undefined): boolean {
  if (authority === undefined) return true
  const at = fields.findIndex((text, position) => position % 2 === 0 && text === 'host')
  if (at !== -1) return fields[at + 1] === authority
  fields.unshift('host', authority)
  return true
}

/** Frames say where a body ends; whoever the request goes to reads the field. */
function hasOneLength(fields: readonly string[], ends: boolean): boolean {
  const lengths = fields.filter((_, position) => position % 2 === 1 && fields[position - 1] === 'content-length')
  if (lengths.length === 0) return true
  const [length = ''] = lengths
  return lengths.length === 1 && /^\d{1,15}$/.test(length) && (!ends || Number(length) === 0)
}
