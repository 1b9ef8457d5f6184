import { GOALS, verdictOf } from './goals.ts'
import type { Verdict } from './goals.ts'
import { figure, markdown } from './markdown.ts'
import type { Results } from './results.ts'

/** What was asked, what was measured, and whether that is reached. `short` leaves out what was not measured. */
export function goalTable(results: Results, short = false): string {
  const verdicts = GOALS.map((goal) => verdictOf(goal, results))
  const shown = short ? verdicts.filter(({ measured }) => measured !== null) : verdicts
  return markdown([['Work', 'Goal', 'Measured', 'Reached', 'Row'], ...shown.map(goalLine)])
}

function goalLine({ goal, measured, range, reached, rival }: Verdict): string[] {
  const limit = goal.atLeast === undefined ? `at most ${limitText(goal.atMost ?? 0)}` : `at least ${goal.atLeast}`
  const spread = range === null || range[0] === range[1] ? '' : ` (${figure(range[0])} to ${figure(range[1])})`
  const against = goal.against.way === 'best-npm' && rival !== null ? `, ${rival}` : ''
  return [
    goal.text,
    `${limit} ${goal.unit}`,
    measured === null ? 'not measured' : `${figure(measured)}${spread}${against}`,
    reached === null ? '-' : reached ? 'yes' : 'no',
    `\`${goal.row}\``,
  ]
}

function limitText(limit: number): string {
  return limit > 0 && limit < 0.15 ? `1/${Math.round(1 / limit)}` : String(limit)
}
