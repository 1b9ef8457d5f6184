/** How hard a model should think, weakest first. Every vendor's scale is a subset of this one. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type Effort = (typeof EFFORTS)[number]

/** The thinking budget in tokens that each effort stands for; `max` is bounded by the model. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
}

export function isEffort(word: string): word is Effort {
  return (EFFORTS as readonly string[]).includes(word)
}

/** `effortToBudget` after `budgetToEffort` changes nothing any more, so prompts stay byte-stable. */
export function effortToBudget(effort: Effort): number {
  return BUDGETS[effort]
}

/** The effort whose budget is nearest by ratio; a tie goes to the weaker one. */
export function budgetToEffort(budget: number): Effort {
  if (budget <= 0) return 'none'
  let nearest: Effort = 'minimal'
  let distance = Infinity
  for (const effort of EFFORTS) {
    if (effort === 'none') continue
    const ratio = Math.abs(Math.log(budget / BUDGETS[effort]))
    if (ratio < distance) {
      nearest = effort
      distance = ratio
    }
  }
  return nearest
}

/** The strongest supported effort that is not above the one asked for; the weakest supported one when all are above. */
export function nearestEffort(asked: Effort, supported: readonly Effort[]): Effort | null {
  const ranked = EFFORTS.filter((effort) => supported.includes(effort))
  const limit = EFFORTS.indexOf(asked)
  const notHigher = ranked.filter((effort) => EFFORTS.indexOf(effort) <= limit)
  return notHigher.at(-1) ?? ranked[0] ?? null
}
