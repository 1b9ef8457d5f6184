import type { Usage } from '../canonical/usage.ts'
import type { Counts } from './metrics-sources.ts'

/** `unmeasured`: of the requests, those whose tokens the vendor did not tell. */
export const MODEL_USAGE = [
  'requests',
  'unmeasured',
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWriteLong',
  'output',
] as const
export type ModelUsageCounts = Counts<(typeof MODEL_USAGE)[number]>

/** Input tokens from which on a request has another price at some vendor. */
export const PROMPT_STEPS: readonly number[] = [0, 200_000, 272_000]

/** What was used of one model by requests of each size, in the order of `PROMPT_STEPS`. */
export type ModelUsage = readonly ModelUsageCounts[]

/** By provider and by model. */
export type UsageByModel = Readonly<Record<string, Readonly<Record<string, ModelUsage>>>>

/** Counts what one model is used for. Prices are not looked at before somebody asks. */
export class ModelMeter {
  readonly #steps = PROMPT_STEPS.map(() => zeroUsage())

  add(usage: Usage | null): void {
    const counts = this.#steps[usage === null ? 0 : stepOf(usage.input.total)]
    if (counts === undefined) return
    counts.requests++
    if (usage === null) {
      counts.unmeasured++
      return
    }
    const { input, output } = usage
    counts.input += input.total
    counts.cacheRead += input.cacheRead
    counts.cacheWrite += input.cacheWrite
    counts.cacheWriteLong += input.cacheWriteLong
    counts.output += output.total
  }

  counts(): ModelUsage {
    return this.#steps.map((counts) => ({ ...counts }))
  }
}

function stepOf(inputTokens: number): number {
  let step = 0
  for (const least of PROMPT_STEPS) if (inputTokens >= least) step++
  return step - 1
}

function zeroUsage(): Record<(typeof MODEL_USAGE)[number], number> {
  return { requests: 0, unmeasured: 0, input: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0, output: 0 }
}
