import type { JsonObject } from './values.ts'
import { asNumber, asObject } from './values.ts'

/** What a process has spent from its start up to some moment, on all models and for all purposes, also those of its own. */
export interface Spending {
  /** US dollars. */
  readonly dollars: number
  /** Tokens that were neither read from the vendor's prompt cache nor written to it. */
  readonly freshInput: number
  readonly cacheRead: number
  /** All of it. */
  readonly cacheWrite: number
  /** For an hour. */
  readonly cacheWriteLong: number
  readonly output: number
}

export const NOTHING_SPENT: Spending = {
  dollars: 0,
  freshInput: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWriteLong: 0,
  output: 0,
}

/** What the program says at the end of a turn; null where it says nothing of it. */
export function spendingInResult(line: JsonObject): Spending | null {
  return spendingOf(line['total_cost_usd'], line['modelUsage'])
}

/** What it answers to the control request `get_usage`, in the middle of a turn. */
export function spendingInAnswer(response: JsonObject): Spending | null {
  const session = asObject(asObject(response['response'])?.['session'])
  return session === null ? null : spendingOf(session['total_cost_usd'], session['model_usage'])
}

function spendingOf(dollars: JsonObject[string] | undefined, models: JsonObject[string] | undefined): Spending | null {
  const total = asNumber(dollars)
  const each = Object.values(asObject(models) ?? {}).map((model) => asObject(model) ?? {})
  const sum = (name: string): number => each.reduce((before, model) => before + (asNumber(model[name]) ?? 0), 0)
  if (total === null) return null
  return {
    dollars: total,
    freshInput: sum('inputTokens'),
    cacheRead: sum('cacheReadInputTokens'),
    cacheWrite: sum('cacheCreationInputTokens'),
    cacheWriteLong: sum('cacheCreationEphemeral1hInputTokens'),
    output: sum('outputTokens'),
  }
}

export function spentSince(before: Spending, now: Spending): Spending {
  return {
    // Sums of such numbers have more digits than they mean.
    dollars: Math.max(0, Number((now.dollars - before.dollars).toFixed(10))),
    freshInput: now.freshInput - before.freshInput,
    cacheRead: now.cacheRead - before.cacheRead,
    cacheWrite: now.cacheWrite - before.cacheWrite,
    cacheWriteLong: now.cacheWriteLong - before.cacheWriteLong,
    output: now.output - before.output,
  }
}

/**
 * The usage of an answer with what it cost. `usage` is as the vendor said it, `counted` with all that it said. Both stand,
 * unless the program used more than that to come to the answer: then all that it used is said.
 */
export function withSpending(usage: JsonObject, counted: JsonObject, spent: Spending): JsonObject {
  const count = (name: string): number => asNumber(counted[name]) ?? 0
  const input = count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens')
  const isMore = spent.freshInput + spent.cacheRead + spent.cacheWrite > input || spent.output > count('output_tokens')
  if (!isMore) return { ...usage, cost_usd: spent.dollars }
  const { iterations: _iterations, ...rest } = usage
  return {
    ...rest,
    input_tokens: spent.freshInput,
    cache_read_input_tokens: spent.cacheRead,
    cache_creation_input_tokens: spent.cacheWrite,
    cache_creation: {
      ephemeral_5m_input_tokens: spent.cacheWrite - spent.cacheWriteLong,
      ephemeral_1h_input_tokens: spent.cacheWriteLong,
    },
    output_tokens: spent.output,
    cost_usd: spent.dollars,
  }
}
