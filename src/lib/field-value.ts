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
 * Whether a tab stands in or around a value. In a field that says where a body ends it is a blank to some readers and part
 * of the value to others.
 */
export function hasTab(text: string, from: number, to: number): boolean {
  return text.slice(from, to).includes('\t')
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
