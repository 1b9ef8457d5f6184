/** Patterns are names in which `*` stands for any characters. Null allows everything, an empty list nothing. */
export function fitsAny(patterns: readonly string[] | null, name: string): boolean {
  return patterns === null || patterns.some((pattern) => matches(pattern, name))
}

/** By search for one piece after the other, which unlike a regular expression cannot be made slow. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return name === pattern
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false
  const end = name.length - tail.length
  let at = head.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
