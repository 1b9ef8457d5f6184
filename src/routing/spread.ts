import { sha256 } from '../lib/hash.ts'
import type { WeightedDeployment } from './policies/policy.ts'

/**
 * Orders equals by lot, in proportion to their weights: each is first as often as its weight says. Those of weight 0 come
 * last, so that they are still there when all others fail.
 */
export function byLot(targets: readonly WeightedDeployment[], random: () => number): readonly WeightedDeployment[] {
  return ordered(targets, () => random())
}

/**
 * Orders equals so that one conversation has the same one first each time, and all conversations spread by weight. When
 * another joins or leaves, only conversations that had it first move (rendezvous hashing,
 * https://www.eecs.umich.edu/techreports/cse/96/CSE-TR-316-96.pdf).
 */
export function byAffinity(targets: readonly WeightedDeployment[], affinity: string): readonly WeightedDeployment[] {
  return ordered(targets, ({ deployment }) => fraction(`${affinity}\n${deployment.key}`))
}

function ordered(
  targets: readonly WeightedDeployment[],
  lot: (target: WeightedDeployment) => number,
): readonly WeightedDeployment[] {
  return targets
    .map((target) => ({ target, score: score(lot(target), target.weight) }))
    .toSorted((a, b) => b.score - a.score)
    .map(({ target }) => target)
}

/** The highest of such scores falls on each target in proportion to its weight. */
function score(lot: number, weight: number): number {
  return weight <= 0 ? -Infinity : Math.log(Math.max(lot, Number.MIN_VALUE)) / weight
}

const DIGITS = 13

/** From 0 (inclusive) to 1 (exclusive), evenly spread. */
function fraction(text: string): number {
  return Number.parseInt(sha256(text, DIGITS), 16) / 16 ** DIGITS
}
