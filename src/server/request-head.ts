import { GatewayError } from '../lib/error.ts'
import { lowerName } from '../lib/field-name.ts'
import type { Headers } from '../lib/headers.ts'

export interface RequestHead {
  readonly method: string
  /** As the client wrote it, not decoded. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Headers
  /** Bytes follow the head. */
  readonly hasBody: boolean
}

/** What Node's parser tells of a request. Header fields are names and values in turn, as received. */
export interface ParsedHead {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: readonly string[]
  /** Left out: the fields say it, as in HTTP/1. */
  readonly hasBody?: boolean
  /** It is well enough to be answered, but not to be served. */
  readonly problem?: GatewayError
}

/** `version` of a head that came in frames. Nobody can claim it in the first line of HTTP/1. */
export const HTTP2 = '2'

/**
 * A request's head, checked for what Node lets pass: versions that are none; a second Host, which would let two readers see two hosts; chunks in
 * HTTP/1.0 and codings under chunks, on which gateways and what stands before them disagree about where a body ends.
 * Throws GatewayError.
 */
export function readHead(parsed: ParsedHead, maxFields: number): RequestHead {
  const { method, target, version, fields } = parsed
  if (parsed.problem !== undefined) throw parsed.problem
  if (version !== '1.1' && version !== '1.0' && version !== HTTP2) {
    throw new GatewayError('invalid_request', 'This server speaks HTTP/1.1.', { status: 505 })
  }
  if (fields.length / 2 > maxFields) {
    throw new GatewayError('headers_too_large', `The request has more than ${maxFields} header fields.`)
  }
  const headers = joinFields(fields)
  if (headers['host'] === undefined && version !== '1.0') {
    throw new GatewayError('invalid_request', 'The request has no Host header.')
  }
  const hasBody = parsed.hasBody ?? checkFraming(headers, version)
  if (!target.startsWith('/')) {
    throw new GatewayError('invalid_request', 'The request target must be a path: this gateway is no forward proxy.')
  }
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark + 1)
  return { method, path, query, headers, hasBody }
}

function joinFields(fields: readonly string[]): Headers {
  // No prototype: a field may be called `constructor`.
  const headers: Record<string, string | undefined> = Object.create(null)
  for (let position = 0; position < fields.length; position += 2) {
    const name = lowerName(fields[position] ?? '')
    const value = fields[position + 1] ?? ''
    const before = headers[name]
    if (before !== undefined && name === 'host') {
      throw new GatewayError('invalid_request', 'The request has more than one Host header.')
    }
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return headers
}

function checkFraming(headers: Headers, version: string): boolean {
  const coding = headers['transfer-encoding']
  if (coding === undefined) {
    const length = headers['content-length']
    return length !== undefined && length !== '0'
  }
  if (version === '1.0') {
    throw new GatewayError('invalid_request', 'HTTP/1.0 has no transfer-encoding.')
  }
  if (coding.toLowerCase() !== 'chunked') {
    throw new GatewayError('not_supported', 'The only transfer-encoding that is understood is "chunked".')
  }
  return true
}
