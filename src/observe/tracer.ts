/** Parts whose doings can be watched, each by itself. */
const TRACED = ['http', 'auth', 'route', 'cache', 'session', 'upstream', 'performance'] as const

export type Traced = (typeof TRACED)[number]

export type Switches = { readonly [T in Traced]: boolean }

/**
 * Lines for whoever looks for the reason of something. A part asks `on` before it puts a line together, so that nothing
 * but that is done while nobody looks. No line holds a prompt, an answer or a credential.
 */
export interface Tracer {
  readonly on: Switches
  readonly write: (
    part: Traced,
    requestId: string | null,
    text: string,
    fields: Readonly<Record<string, string | number | boolean>>,
  ) => void
}

export function switchesFor(isOn: (part: Traced) => boolean): Switches {
  return {
    http: isOn('http'),
    auth: isOn('auth'),
    route: isOn('route'),
    cache: isOn('cache'),
    session: isOn('session'),
    upstream: isOn('upstream'),
    performance: isOn('performance'),
  }
}

export const NO_TRACE: Tracer = { on: switchesFor(() => false), write: () => {} }

/** The second one is what users of the predecessor have in their scripts. */
const FAMILIES = ['ucr', 'claude-wrapper']

/**
 * What the variable `DEBUG` asks for: names with commas or blanks between them, `*` for anything, and a `-` in front of
 * what is left out all the same: `ucr:*,-ucr:http`.
 */
export function tracedBy(debug: string): ReadonlySet<Traced> {
  const words = debug.split(/[\s,]+/).filter((word) => word !== '')
  const wanted = words.filter((word) => !word.startsWith('-')).map(patternOf)
  const left = words.filter((word) => word.startsWith('-')).map((word) => patternOf(word.slice(1)))
  const named = (part: Traced, patterns: readonly RegExp[]): boolean =>
    FAMILIES.some((family) => patterns.some((pattern) => pattern.test(`${family}:${part}`)))
  return new Set(TRACED.filter((part) => named(part, wanted) && !named(part, left)))
}

function patternOf(word: string): RegExp {
  const parts = word.split('*').map((part) => part.replaceAll(/[^\w:-]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
