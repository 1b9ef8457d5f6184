/**
 * The part of a head that is a field's value. Only spaces and tabs stand around one; `trim` takes more, such as the
 * no-break space of latin1.
 */
export function withoutBlanks(text: string, from = 0, to = text.length): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** The members of a list such as that of `Connection`, in lower case. */
export function listMembers(value: string): readonly string[] {
  return value.split(',').map((member) => withoutBlanks(member).toLowerCase())
}

/**
 * Whether a tab stands in or around the value of a field that says where a body ends: it is a blank to some readers and
 * part of the value to others.
 */
export function isDoubtfulFraming(name: string, text: string, from: number, to: number): boolean {
  // Of nearly all fields the length of the name tells that they are others.
  if (name.length !== CONTENT_LENGTH.length && name.length !== TRANSFER_ENCODING.length) return false
  const lower = name.toLowerCase()
  return (lower === CONTENT_LENGTH || lower === TRANSFER_ENCODING) && text.slice(from, to).includes('\t')
}

const CONTENT_LENGTH = 'content-length'
const TRANSFER_ENCODING = 'transfer-encoding'

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
