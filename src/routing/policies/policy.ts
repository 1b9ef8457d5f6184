import type { Deployment } from '../../providers/provider.ts'
import type { PolicyName } from '../settings.ts'

/** A deployment with its share of the requests among its equals. */
export interface WeightedDeployment {
  readonly deployment: Deployment
  readonly weight: number
}

/** In which order the targets of a route are tried. Who of several equals comes first is not a policy's to say. */
export interface Policy {
  readonly name: PolicyName
  /** Groups of equally good targets, best group first. Every target is in exactly one of them. */
  tiers(targets: readonly WeightedDeployment[]): readonly (readonly WeightedDeployment[])[]
}
