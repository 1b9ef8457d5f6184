/**
 * The known names that `name` was probably meant to be, best first: spelled nearly alike, or one holding the other. Case
 * and separators do not count.
 */
export function nearestNames(name: string, known: Iterable<string>, most = 3): readonly string[] {
  const wanted = fold(name)
  if (wanted === '') return []
  const limit = Math.max(2, Math.floor(wanted.length / 3) + 1)
  const ranked: { readonly candidate: string; readonly distance: number }[] = []
  for (const candidate of new Set(known)) {
    const folded = fold(candidate)
    const distance = editDistance(wanted, folded, limit)
    if (distance < limit) ranked.push({ candidate, distance })
    else if (holds(wanted, folded)) ranked.push({ candidate, distance: limit })
  }
  ranked.sort((a, b) => a.distance - b.distance)
  return ranked.slice(0, most).map(({ candidate }) => candidate)
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_. ]/g, '')
}

/** Shorter pieces are in too many names to mean anything. */
function holds(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short.length >= 4 && long.includes(short)
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`; `limit` when there are more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return Math.min(last[b.length] ?? limit, limit)
}
