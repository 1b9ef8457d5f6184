import type { KeyLine } from './virtual-key.ts'

/** What stands in the fields of a form about a key. */
export interface KeyDraft {
  readonly name: string
  readonly owner: string
  /** Lists have an item on each line, or commas between them. */
  readonly models: string
  readonly routes: string
  readonly limit: string
  readonly limitWindow: string
  /** A day, `2027-01-31`. */
  readonly expires: string
  readonly claudeTools: string
}

export const NO_DRAFT: KeyDraft = {
  name: '',
  owner: '',
  models: '',
  routes: '',
  limit: '',
  limitWindow: '1m',
  expires: '',
  claudeTools: '',
}

export function draftOf({ name, owner, models, routes, rateLimit, expires, claudeTools }: KeyLine): KeyDraft {
  return {
    name,
    owner: owner ?? '',
    models: (models ?? []).join('\n'),
    routes: (routes ?? []).join('\n'),
    limit: rateLimit === null ? '' : String(rateLimit.max),
    limitWindow: rateLimit?.timeWindow ?? NO_DRAFT.limitWindow,
    expires: expires?.slice(0, 'yyyy-mm-dd'.length) ?? '',
    claudeTools: claudeTools.join('\n'),
  }
}

/** As `POST` and `PATCH /admin/keys` take it: what is as it was `before` is left out. */
export function wishOf(draft: KeyDraft, before: KeyDraft): Readonly<Record<string, unknown>> {
  const known = new Map(Object.entries(valuesOf(before)))
  return Object.fromEntries(
    Object.entries(valuesOf(draft)).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(known.get(field)),
    ),
  )
}

function valuesOf(draft: KeyDraft): Readonly<Record<string, unknown>> {
  return {
    name: draft.name.trim(),
    owner: draft.owner.trim() || null,
    models: listOrAll(draft.models),
    routes: listOrAll(draft.routes),
    rateLimit: rateLimitOf(draft),
    expires: draft.expires || null,
    claudeTools: itemsOf(draft.claudeTools),
  }
}

/** What is no number is sent as it is: the gateway says what it wants. */
function rateLimitOf({ limit, limitWindow }: KeyDraft): object | null {
  const max = limit.trim()
  if (max === '') return null
  return { max: /^\d+$/.test(max) ? Number(max) : max, timeWindow: limitWindow.trim() }
}

function listOrAll(text: string): readonly string[] | null {
  const items = itemsOf(text)
  return items.length === 0 ? null : items
}

/** A comma within brackets is part of the item: `Bash(git log, *)`. */
function itemsOf(text: string): readonly string[] {
  return text
    .split(/[\n,](?![^()]*\))/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
