import type { Deployment } from '../providers/provider.ts'
import type { RouteQuery } from './route.ts'

/** What a deployment is known not to be able to do of what this request needs, each as one clause. Unknown is able. */
export function shortcomings({ capabilities }: Deployment, { traits, tokenCount }: RouteQuery): readonly string[] {
  const found: string[] = []
  if (traits.images && !capabilities.vision) found.push('takes no images')
  if (traits.documents && !capabilities.documents) found.push('takes no documents')
  if (traits.tools && !capabilities.tools) found.push('calls no tools')
  const needed = tokenCount + reservedOutput(capabilities, traits.maxOutputTokens)
  if (capabilities.contextWindow !== null && capabilities.contextWindow < needed) {
    found.push(`context window ${capabilities.contextWindow} < ${needed} tokens`)
  }
  return found
}

/**
 * The part of the context window that the answer may take. More than the model's own limit is never sent; where that limit
 * is unknown, or the whole window, the answer takes what the prompt leaves over.
 */
function reservedOutput(
  { contextWindow, maxOutputTokens }: Deployment['capabilities'],
  requested: number | null,
): number {
  if (requested === null || maxOutputTokens === null) return 0
  if (contextWindow !== null && maxOutputTokens >= contextWindow) return 0
  return Math.min(requested, maxOutputTokens)
}
