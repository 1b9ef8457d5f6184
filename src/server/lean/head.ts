import { GatewayError } from '../../lib/error.ts'
import { hasTab, listMembers, withoutBlanks } from '../../lib/field-value.ts'
import type { ParsedHead } from '../request-head.ts'

/** How the end of a request's body is found. */
export type Framing = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' }

export interface Head extends ParsedHead {
  readonly framing: Framing
  /** The connection is to be closed behind the answer. */
  readonly last: boolean
  readonly expectsContinue: boolean
}

/** Methods of HTTP that a client may mean. Anything else is another protocol, or a mistake in the framing before it. */
const METHODS: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH QUERY PURGE REPORT'.split(
    ' ',
  ),
)

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+)(?: HTTP\/(\d)\.(\d))?(?:\r\n|$)/
/** Field lines; a name is a token, a value has no control characters, and nothing is folded. */
const FIELDS = /^(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

const NOTHING: Framing = { kind: 'length', length: 0 }
const CHUNKED: Framing = { kind: 'chunked' }

/**
 * Reads a head, without the empty line that ends it: strictly, so that whoever stands before the gateway cannot read it
 * another way. Throws GatewayError. https://www.rfc-editor.org/rfc/rfc9112
 */
export function parseHead(text: string): Head {
  const line = LINE.exec(text)
  const [, method = '', target = '', major = '0', minor = '9'] = line ?? []
  if (line === null || !METHODS.has(method)) throw invalid()
  const end = text.indexOf('\r\n')
  if (end !== -1 && !FIELDS.test(text.slice(end))) throw invalid()
  const version = `${major}.${minor}`
  const fields: string[] = []
  const marks = new Marks()
  for (let start = end; start !== -1;) {
    const next = text.indexOf('\r\n', start + 2)
    const colon = text.indexOf(':', start + 2)
    const name = text.slice(start + 2, colon)
    const lineEnd = next === -1 ? text.length : next
    const value = withoutBlanks(text, colon + 1, lineEnd)
    fields.push(name, value)
    if (marks.see(name, value) && hasTab(text, colon + 1, lineEnd)) throw invalid()
    start = next
  }
  return {
    method,
    target,
    version,
    fields,
    framing: marks.framing(),
    last: version === '1.0' ? !marks.keepAlive : marks.close,
    expectsContinue: marks.expectsContinue && version === '1.1',
  }
}

/** What the fields say about the connection. */
class Marks {
  close = false
  keepAlive = false
  expectsContinue = false
  #length: string | null = null
  #coding: string | null = null

  /** True where the field says where the body ends. */
  see(name: string, value: string): boolean {
    // The lengths of the four names that matter.
    switch (name.length) {
      case 6:
        if (name.toLowerCase() === 'expect') this.expectsContinue = value.toLowerCase() === '100-continue'
        return false
      case 10:
        if (name.toLowerCase() === 'connection') this.#connection(value)
        return false
      case 14:
        if (name.toLowerCase() !== 'content-length') return false
        if (this.#length !== null) throw invalid()
        this.#length = value
        return true
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') return false
        this.#coding = this.#coding === null ? value : `${this.#coding},${value}`
        return true
      default:
        return false
    }
  }

  framing(): Framing {
    if (this.#coding === null) {
      if (this.#length === null) return NOTHING
      if (!/^\d{1,15}$/.test(this.#length)) throw invalid()
      return { kind: 'length', length: Number(this.#length) }
    }
    if (this.#length !== null) throw invalid()
    const codings = listMembers(this.#coding)
    const chunked = codings.indexOf('chunked')
    if (chunked !== -1 && chunked !== codings.length - 1) throw invalid()
    // Any other coding is refused by its name; where its body would end nobody can say.
    return codings.length === 1 && chunked === 0 ? CHUNKED : NOTHING
  }

  #connection(value: string): void {
    for (const option of listMembers(value)) {
      if (option === 'close') this.close = true
      if (option === 'keep-alive') this.keepAlive = true
    }
  }
}

/** Whether the begin of a head can still become one: what is something else may never send an empty line. */
export function canBegin(text: string): boolean {
  const [line = ''] = text.split('\r\n', 1)
  if (/[^\x20-\x7e\r]/.test(line) || /\r[^\n]|[^\r]\n/.test(text)) return false
  const space = line.indexOf(' ')
  return space === -1 ? /^[A-Z]{0,10}$/.test(line) : METHODS.has(line.slice(0, space))
}

/** The path in the first line of what could not be parsed, as far as there is one. */
export function pathOf(text: string): string {
  return /^[A-Z]{3,10} (\/[^ ?\r\n]*)/.exec(text)?.[1] ?? ''
}

function invalid(): GatewayError {
  return new GatewayError('invalid_request', 'This is not a valid HTTP/1.1 request.')
}
