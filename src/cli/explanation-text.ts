import type { ExplainedCandidate, RouteExplanation } from '../exchange/explain.ts'
import { printable, table, type Channel } from './terminal.ts'

/** What `ucr explain` shows a person. */
export function explanationText(explanation: RouteExplanation, channel: Channel): string {
  const { model, protocol, task, tokenCount, reason, chosen, candidates, exclusions, warnings } = explanation
  const facts = table([
    ['model', channel.paint('bold', printable(model))],
    ['protocol', protocol],
    ['task', `${task}, about ${tokenCount} input tokens`],
    ['reason', printable(reason)],
    ['choice', choiceText(chosen, channel)],
  ])
  const lines = [...facts, '', channel.paint('bold', 'Candidates, best first')]
  lines.push(...table(candidates.map((candidate, index) => candidateRow(candidate, index, channel))))
  if (exclusions.length > 0) {
    lines.push('', channel.paint('bold', 'Excluded'))
    lines.push(...table(exclusions.map(({ deployment, why }) => [`  ${printable(deployment)}`, printable(why)])))
  }
  for (const warning of warnings) lines.push('', `${channel.paint('yellow', 'warning:')} ${printable(warning)}`)
  return lines.join('\n')
}

function choiceText(chosen: string | null, channel: Channel): string {
  return chosen === null
    ? channel.paint('red', 'none: every candidate refuses the request')
    : channel.paint('green', printable(chosen))
}

function candidateRow(candidate: ExplainedCandidate, index: number, channel: Channel): string[] {
  const { deployment, reason, plan, dropped, refusal } = candidate
  const fate = refusal === null ? (plan ?? '') : channel.paint('red', `refuses: ${printable(refusal)}`)
  const loss = dropped.length === 0 ? '' : channel.paint('yellow', `drops ${dropped.map(printable).join(', ')}`)
  return [`  ${index + 1}. ${printable(deployment)}`, printable(reason), fate, loss]
}
