import type { RouteSettings } from './settings.ts'

interface Pattern {
  readonly text: string
  readonly matches: (name: string) => boolean
  readonly route: RouteSettings
}

/** The config's `models`: exact names, then patterns in their order. */
export class RouteTable {
  readonly #exact = new Map<string, RouteSettings>()
  readonly #patterns: Pattern[] = []

  constructor(models: ReadonlyMap<string, RouteSettings>) {
    for (const [name, route] of models) {
      if (name.includes('*')) this.#patterns.push({ text: name, matches: globMatcher(name), route })
      else this.#exact.set(name, route)
    }
  }

  exact(name: string): RouteSettings | null {
    return this.#exact.get(name) ?? null
  }

  /** The first pattern that matches. */
  matching(name: string): { readonly pattern: string; readonly route: RouteSettings } | null {
    const found = this.#patterns.find(({ matches }) => matches(name))
    return found === undefined ? null : { pattern: found.text, route: found.route }
  }

  get names(): readonly string[] {
    return [...this.#exact.keys()]
  }
}

/** A star stands for any text, slashes too: model names hold them. Takes linear time, whatever client and config write. */
function globMatcher(glob: string): (name: string) => boolean {
  const pieces = glob.split('*')
  const head = pieces[0] ?? ''
  const tail = pieces.at(-1) ?? ''
  const between = pieces.slice(1, -1)
  return (name) => {
    if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false
    const end = name.length - tail.length
    let at = head.length
    for (const piece of between) {
      const found = name.indexOf(piece, at)
      if (found === -1 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}
