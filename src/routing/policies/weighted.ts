import type { Policy } from './policy.ts'

/** All are equally good, in proportion to their weights. */
export const weighted: Policy = {
  name: 'weighted',
  tiers: (targets) => (targets.length === 0 ? [] : [targets]),
}
