import type { Policy } from './policy.ts'

/** In the order given. */
export const first: Policy = {
  name: 'first',
  tiers: (targets) => targets.map((target) => [target]),
}
