import type { Policy, WeightedDeployment } from './policy.ts'

/** By the priorities of their providers; those of one priority are equally good. */
export const priority: Policy = {
  name: 'priority',
  tiers(targets) {
    const byPriority = new Map<number, WeightedDeployment[]>()
    for (const target of targets) {
      const rank = target.deployment.provider.priority
      const tier = byPriority.get(rank)
      if (tier === undefined) byPriority.set(rank, [target])
      else tier.push(target)
    }
    return [...byPriority].toSorted(([a], [b]) => b - a).map(([, tier]) => tier)
  },
}
