/** One line of the file, made safe to show. */
export interface Excerpt {
  readonly text: string
  /** Where in `text` the problem is. */
  readonly start: number
  readonly length: number
}

const MASK = '"…"'
const LONGEST_NAME = 48
const LONGEST_VALUE = 24

/**
 * The line on which the span `[offset, offset + length)` starts. A config file is full of secrets, and problems end up in
 * logs and bug reports. So of all values on the line only the one that the problem is about is shown, and that only when
 * `reveal` says that it is no secret; names, numbers below 10 digits and punctuation stay. Comments go as well: people
 * comment keys out.
 */
export function excerptAt(source: string, offset: number, length: number, reveal: boolean): Excerpt {
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1
  const nextBreak = source.indexOf('\n', lineStart)
  const lineEnd = nextBreak === -1 ? source.length : nextBreak
  let text = ''
  let start: number | null = null
  let end = 0
  for (const token of tokensOf(source, lineStart, lineEnd)) {
    const focused = token.start < offset + Math.max(1, length) && token.end > offset
    if (focused && start === null) start = text.length
    text += visible(token, focused && reveal)
    if (focused) end = text.trimEnd().length
  }
  const from = start ?? text.length
  return { text: text.trimEnd(), start: from, length: Math.max(1, end - from) }
}

type TokenKind = 'comment' | 'text' | 'number' | 'word' | 'mark' | 'space' | 'other'

interface Token {
  readonly kind: TokenKind
  readonly raw: string
  readonly start: number
  readonly end: number
  readonly isName: boolean
}

/** Every character belongs to some token, also in a file that is not JSON. */
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<text>"(?:\\.|[^"\\\r\n])*"?)|(?<number>-?\d[\d.eE+-]*)|(?<word>\b(?:true|false|null)\b)|(?<mark>[{}[\],:])|(?<space>\s)|(?<other>[^\s"{}[\],:/]+|.)/g

/** The tokens that touch the line, cut at its ends: only a scan from the start of the file knows which lines are comments. */
function tokensOf(source: string, lineStart: number, lineEnd: number): Token[] {
  const tokens: Token[] = []
  for (const match of source.matchAll(TOKEN)) {
    const end = match.index + match[0].length
    if (match.index >= lineEnd) break
    if (end <= lineStart) continue
    const kind = KINDS.find((name) => match.groups?.[name] !== undefined) ?? 'other'
    const isName = kind === 'text' && /^\s*:/.test(source.slice(end, end + 80))
    const start = Math.max(match.index, lineStart)
    tokens.push({ kind, raw: source.slice(start, Math.min(end, lineEnd)), start, end: Math.min(end, lineEnd), isName })
  }
  return tokens
}

const KINDS: readonly TokenKind[] = ['comment', 'text', 'number', 'word', 'mark', 'space']

function visible({ kind, raw, isName }: Token, reveal: boolean): string {
  switch (kind) {
    case 'space':
      return raw === '\t' ? raw : ' '
    case 'comment':
      return raw.startsWith('//') ? '// …' : '/* … */'
    case 'text':
      if (isName) return raw.length <= LONGEST_NAME ? printable(raw) : MASK
      return reveal && raw.length <= LONGEST_VALUE + 2 ? printable(raw) : MASK
    case 'number':
      return raw.length < 10 ? raw : '…'
    case 'word':
    case 'mark':
      return raw
    case 'other':
      return '…'
    default:
      return kind satisfies never
  }
}

/** A key of an object, quoted; of a long one, which may be a secret in the wrong place, nothing. */
export function describeName(name: string): string {
  return name.length <= LONGEST_NAME ? printable(JSON.stringify(name)) : MASK
}

/** A value for a sentence: short texts quoted, longer ones, which may be a secret in the wrong place, only measured. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      if (value.length === 0) return 'an empty text'
      return value.length <= LONGEST_VALUE ? printable(JSON.stringify(value)) : `a text of ${value.length} characters`
    case 'number':
      return String(value).length < 10 ? String(value) : 'such a number'
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'nothing'
    default:
      return 'an object'
  }
}

/** The same without the value itself. */
export function describeKind(value: unknown): string {
  if (typeof value === 'string') return value.length === 0 ? 'an empty text' : 'this text'
  return typeof value === 'number' ? 'a number' : describeValue(value)
}

/** Without the characters that move a terminal's cursor or turn the direction of text. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
