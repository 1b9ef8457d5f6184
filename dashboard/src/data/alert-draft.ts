/** What stands in the fields of a form about a rule. */
export interface AlertDraft {
  readonly name: string
  readonly metric: string
  readonly operator: 'above' | 'below'
  readonly warning: string
  readonly critical: string
  readonly window: string
  readonly cooldown: string
}

export const NO_ALERT: AlertDraft = {
  name: '',
  metric: '',
  operator: 'above',
  warning: '',
  critical: '',
  window: '1m',
  cooldown: '5m',
}

/** As `POST /admin/alerts` takes it. */
export function ruleOf(draft: AlertDraft): Readonly<Record<string, unknown>> {
  return {
    name: draft.name.trim(),
    metric: draft.metric.trim(),
    operator: draft.operator,
    warning: thresholdOf(draft.warning),
    critical: thresholdOf(draft.critical),
    window: draft.window.trim(),
    cooldown: draft.cooldown.trim(),
  }
}

/** What is no number is sent as it is: the gateway says what it wants. */
function thresholdOf(text: string): number | string | null {
  const wanted = text.trim()
  if (wanted === '') return null
  return Number.isFinite(Number(wanted)) ? Number(wanted) : wanted
}
