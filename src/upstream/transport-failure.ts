import { ResponseError } from './lean/response-parser.ts'
import type { TransportFailure } from './transport.ts'

type FailureKind = TransportFailure['kind']

/** Codes of Node, OpenSSL and undici that tell their kind at any time. */
const KINDS: ReadonlyMap<string, FailureKind> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'too-large'],
  ['UND_ERR_INVALID_ARG', 'invalid'],
  ['UND_ERR_NOT_SUPPORTED', 'invalid'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'invalid'],
  // The connection closed before the end that content-length or chunking announced.
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'reset'],
  ['ENOTFOUND', 'dns'],
  ['EMFILE', 'exhausted'],
  ['ENFILE', 'exhausted'],
])

/** Failures of a connection that is still being made. */
const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ECONNRESET',
  'ETIMEDOUT',
  'EACCES',
  'EPERM',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
])

const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO$)/

/** What an error of the HTTP client means for a call. `started`: the request was written to a connection. */
export function failureKind(error: Error, started: boolean): FailureKind {
  if (error instanceof ResponseError) return error.kind
  const code = errorCode(error)
  const known = KINDS.get(code)
  if (known !== undefined) return known
  if (code.startsWith('EAI_')) return 'dns'
  if (TLS_CODE.test(code)) return 'tls'
  // undici means to put llhttp's code into these, but they arrive without one.
  if (error.name === 'HTTPParserError') return error.message.includes('Invalid EOF') ? 'reset' : 'invalid'
  if (started) return 'reset'
  // Node gives no code to a peer that hangs up during the handshake, and OpenSSL has many for certificates.
  return CONNECT_CODES.has(code) ? 'connect' : 'tls'
}

/** The error's message for the operator, made short. It names hosts, ports and header names, never values. */
export function failureDetail(error: Error): string {
  const code = errorCode(error)
  const message = error.message === '' ? error.name : error.message
  const text = code === '' || message.includes(code) ? message : `${message} (${code})`
  return text.slice(0, 512)
}

/** With several addresses tried, the code is on the aggregate as well as on its parts. */
function errorCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
