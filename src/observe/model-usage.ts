import type { Usage } from '../canonical/usage.ts'
import type { Counts } from './metrics-sources.ts'

/**
 * `unmeasured`: of the requests, those whose tokens the vendor did not tell. `told`: those of which somebody said what they
 * cost; it is in `toldPicodollars`, and their tokens are not in the rest, which is what list prices are for.
 */
export const MODEL_USAGE = [
  'requests',
  'unmeasured',
  'told',
  'toldPicodollars',
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWriteLong',
  'output',
] as const
export type ModelUsageCounts = Counts<(typeof MODEL_USAGE)[number]>

const PICODOLLARS = 1e12

/** A request of more input tokens than these has another price at some vendor. */
export const PROMPT_STEPS: readonly number[] = [0, 100_000, 128_000, 200_000, 272_000, 512_000]

/** What was used of one model by requests of each size, in the order of `PROMPT_STEPS`. */
export type ModelUsage = readonly ModelUsageCounts[]

/** By provider and by model. */
export type UsageByModel = Readonly<Record<string, Readonly<Record<string, ModelUsage>>>>

/** Counts what one model is used for. Prices are not looked at before somebody asks. */
export class ModelMeter {
  readonly #steps = PROMPT_STEPS.map(() => zeroUsage())

  add(usage: Usage | null): void {
    const counts = this.#steps[usage === null ? 0 : promptStep(usage.input.total)]
    if (counts === undefined) return
    counts.requests++
    if (usage === null) {
      counts.unmeasured++
      return
    }
    const { input, output, cost } = usage
    if (cost !== null) {
      counts.told++
      counts.toldPicodollars += Math.round(cost * PICODOLLARS)
      return
    }
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

/** The place in `PROMPT_STEPS` of a request of so many input tokens. */
export function promptStep(inputTokens: number): number {
  let step = 0
  while (inputTokens > (PROMPT_STEPS[step + 1] ?? Infinity)) step++
  return step
}

function zeroUsage(): Record<(typeof MODEL_USAGE)[number], number> {
  return {
    requests: 0,
    unmeasured: 0,
    told: 0,
    toldPicodollars: 0,
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWriteLong: 0,
    output: 0,
  }
}
