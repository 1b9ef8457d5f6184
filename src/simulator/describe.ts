import { FAULT_FORMS } from './fault.ts'
import { SIMULATOR_MODELS } from './models.ts'
import { SETTING_FORMS } from './settings.ts'

/** What the simulator can do, as text for people: its models, settings and faults. */
export function describeSimulator(): string {
  const models = SIMULATOR_MODELS.map(({ id, about }) => [id, about] as const)
  const settings = SETTING_FORMS.map(
    ([name, form, about]) => [`${name}=${name === 'fault' ? 'FAULT' : form}`, about] as const,
  )
  return [
    'Simulated models. No real model stands behind them.',
    '',
    'POST /v1/messages, POST /v1/messages/count_tokens, POST /v1/chat/completions, GET /v1/models',
    '',
    'Models (any other name is an agent):',
    ...columns(models),
    '',
    "Settings, behind the model's name (text?gap=20&fault=cut:5) or as headers (x-sim-gap: 20):",
    ...columns(settings),
    '',
    'Faults:',
    ...columns(FAULT_FORMS),
    '',
  ].join('\n')
}

function columns(rows: readonly (readonly [left: string, right: string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
