import type { UsageByModel } from '../observe/model-usage.ts'
import type { Cost } from '../observe/overview.ts'
import type { BilledUsage } from '../observe/request-journal.ts'

/** What use of models costs. */
export class Pricing {
  costOf(usage: UsageByModel): Cost {
    const counts = Object.values(usage).flatMap((models) => Object.values(models).flat())
    return { dollars: 0, unpriced: counts.reduce((sum, { requests }) => sum + requests, 0) }
  }

  dollarsOf(_provider: string, _model: string, _usage: BilledUsage): number | null {
    return null
  }
}
