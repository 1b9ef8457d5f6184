import type { Deployment } from '../providers/provider.ts'
import { POLICIES } from './policies/index.ts'
import type { WeightedDeployment } from './policies/policy.ts'
import type { PolicyName } from './settings.ts'

/** Deployments that one rule names: groups of equals, best group first. Stages are tried one after the other. */
export interface Stage {
  /** How its first one is chosen, for displays: the name of a policy. */
  readonly how: PolicyName | 'fallback'
  readonly tiers: readonly (readonly WeightedDeployment[])[]
}

export function stageOf(policy: PolicyName, targets: readonly WeightedDeployment[]): Stage {
  return { how: policy, tiers: POLICIES[policy].tiers(targets) }
}

export function single(deployment: Deployment, how: Stage['how'] = 'first'): Stage {
  return { how, tiers: [[{ deployment, weight: 1 }]] }
}

/** The same deployments, for when those before them have failed. */
export function asFallback({ tiers }: Stage): Stage {
  return { how: 'fallback', tiers }
}
