import type { LRUCache } from 'lru-cache'
import type { Deployment } from '../providers/provider.ts'
import { shortcomings } from './fitness.ts'
import type { WeightedDeployment } from './policies/policy.ts'
import type { Candidate, Exclusion, Health, RouteQuery } from './route.ts'
import { byAffinity, byLot } from './spread.ts'
import type { Stage } from './stage.ts'

/** Which deployment answered a conversation last, by conversation and rule. */
export type AffinityMemory = LRUCache<string, string>

export interface SelectionContext {
  readonly health: Health
  readonly random: () => number
  readonly memory: Pick<AffinityMemory, 'get'>
  /** Same for all requests of one conversation under one rule; null: spread by lot. May cost a hash of the prompt. */
  affinity(): string | null
}

export interface Selection {
  readonly candidates: readonly Candidate[]
  readonly exclusions: readonly Exclusion[]
  readonly warnings: readonly string[]
  /** Milliseconds until the first of the blocked ones is free; null when none is blocked. */
  readonly blockedFor: number | null
  /** All that is blocked is so because its vendor said 429. */
  readonly isRateLimited: boolean
}

interface Judged {
  readonly deployment: Deployment
  readonly blockedFor: number
  readonly shortcomings: readonly string[]
}

/**
 * Puts the deployments of all stages in order. Never one that is blocked; one that lacks what the request needs only when
 * all do, and then only the one that lacks least.
 */
export function selectCandidates(stages: readonly Stage[], query: RouteQuery, context: SelectionContext): Selection {
  return onlyChoice(stages, query, context) ?? weighed(stages, query, context)
}

/** Nearly every request: the rules name one deployment, which is well and can do what is asked. Null: look closer. */
function onlyChoice(stages: readonly Stage[], query: RouteQuery, { health }: SelectionContext): Selection | null {
  const [stage] = stages
  const [tier] = stage?.tiers ?? []
  const [target] = tier ?? []
  if (stage === undefined || target === undefined || stages.length > 1) return null
  if (stage.tiers.length > 1 || tier?.length !== 1) return null
  const { deployment } = target
  if (health.blockedFor(deployment.key) > 0 || shortcomings(deployment, query).length > 0) return null
  return {
    candidates: [{ deployment, reason: stage.how, conversation: null }],
    exclusions: [],
    warnings: [],
    blockedFor: null,
    isRateLimited: false,
  }
}

function weighed(stages: readonly Stage[], query: RouteQuery, context: SelectionContext): Selection {
  const judged = judgeAll(stages, query, context.health)
  const anyFit = judged.some((entry) => entry.shortcomings.length === 0)
  const free = judged.filter((entry) => entry.blockedFor === 0)
  const least = anyFit ? undefined : free.toSorted((a, b) => a.shortcomings.length - b.shortcomings.length)[0]
  const usable = new Set(
    (anyFit ? free.filter((entry) => entry.shortcomings.length === 0) : [least]).map((entry) => entry?.deployment.key),
  )
  const blocked = judged.filter((entry) => entry.blockedFor > 0 && (!anyFit || entry.shortcomings.length === 0))
  return {
    candidates: inOrder(stages, usable, context),
    exclusions: judged
      .filter(({ deployment }) => !usable.has(deployment.key))
      .map((entry) => exclusionOf(entry, context)),
    warnings:
      least === undefined || least.shortcomings.length === 0
        ? []
        : [`${least.deployment.key} ${least.shortcomings.join(' and ')}, and no other candidate is better.`],
    blockedFor: blocked.length === 0 ? null : Math.min(...blocked.map((entry) => entry.blockedFor)),
    isRateLimited: blocked.length > 0 && blocked.every((entry) => context.health.isRateLimited(entry.deployment.key)),
  }
}

function judgeAll(stages: readonly Stage[], query: RouteQuery, health: Health): readonly Judged[] {
  const byKey = new Map<string, Judged>()
  for (const { deployment } of stages.flatMap(({ tiers }) => tiers.flat())) {
    if (byKey.has(deployment.key)) continue
    const blockedFor = health.blockedFor(deployment.key)
    byKey.set(deployment.key, { deployment, blockedFor, shortcomings: shortcomings(deployment, query) })
  }
  return [...byKey.values()]
}

function inOrder(
  stages: readonly Stage[],
  usable: ReadonlySet<string | undefined>,
  context: SelectionContext,
): readonly Candidate[] {
  const candidates = new Map<string, Candidate>()
  for (const { how, tiers } of stages) {
    for (const tier of tiers) {
      const affinity = tier.length > 1 ? context.affinity() : null
      const left = tier.filter(({ deployment }) => usable.has(deployment.key))
      for (const { deployment } of spread(left, affinity, context)) {
        if (candidates.has(deployment.key)) continue
        const reason = candidates.size > 0 ? 'fallback' : tier.length > 1 ? wayOfSpreading(affinity) : how
        candidates.set(deployment.key, { deployment, reason, conversation: affinity })
      }
    }
  }
  return [...candidates.values()]
}

function wayOfSpreading(affinity: string | null): string {
  return affinity === null ? 'weight' : 'affinity'
}

/** A conversation stays where it was, as long as that is one of the equals: its prompt cache is warm there. */
function spread(
  tier: readonly WeightedDeployment[],
  affinity: string | null,
  { memory, random }: SelectionContext,
): readonly WeightedDeployment[] {
  if (tier.length < 2) return tier
  if (affinity === null) return byLot(tier, random)
  const order = byAffinity(tier, affinity)
  const last = memory.get(affinity)
  const warm = order.find(({ deployment }) => deployment.key === last)
  return warm === undefined ? order : [warm, ...order.filter((target) => target !== warm)]
}

function exclusionOf({ deployment, blockedFor, shortcomings: lacks }: Judged, { health }: SelectionContext): Exclusion {
  const reasons = blockedFor === 0 ? lacks : [...lacks, whyBlocked(deployment.key, blockedFor, health)]
  return { deployment: deployment.key, why: reasons.join('; ') || 'another candidate lacks less' }
}

function whyBlocked(key: string, blockedFor: number, health: Health): string {
  const state = health.snapshot().find((entry) => entry.key === key)
  const seconds = Math.ceil(blockedFor / 1000)
  if (state === undefined || state.state === 'closed') return `${state?.why ?? 'resting'} for ${seconds} s more`
  return `breaker ${state.state} for ${seconds} s more`
}
