import type { JsonValue } from '../../lib/json.ts'
import { defineCommand, defineGroup, flag, required, text } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { Failure, usageFailure } from '../failure.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { printable, table } from '../terminal.ts'

const NAMED = { name: required('name', 'its name, or its id') }

const list = defineCommand({
  name: 'list',
  summary: 'List the alerts, and how they stand in the gateway that runs',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { openAlertApi } = await import('../alert-api.ts')
    const { terminal } = surroundings
    const answer = await (await openAlertApi(surroundings, options.config)).call('GET', '')
    const alerts = listOf(answer, 'data')
    if (options.json) terminal.json(answer)
    else if (alerts.length === 0) terminal.error.line('There are no alerts.')
    else for (const line of table([HEADINGS, ...alerts.map(rowOf)])) terminal.out.line(line)
    return EXIT.ok
  },
})

const HEADINGS = ['NAME', 'STATE', 'VALUE', 'METRIC', 'WARNING', 'CRITICAL', 'WINDOW', 'SOURCE']

function rowOf(alert: JsonValue): string[] {
  const operator = textOf(alert, 'operator')
  const threshold = (name: string): string => {
    const value = numberOf(alert, name)
    return value === null ? '' : `${operator} ${value}`
  }
  const value = numberOf(alert, 'value')
  return [
    printable(textOf(alert, 'name')),
    textOf(alert, 'state'),
    value === null ? '' : String(Number(value.toPrecision(4))),
    printable(textOf(alert, 'metric')),
    threshold('warning'),
    threshold('critical'),
    `${numberOf(alert, 'window') ?? ''}s`,
    textOf(alert, 'source'),
  ]
}

const create = defineCommand({
  name: 'create',
  summary: 'Make an alert; it counts at once, also in a gateway that runs, and is kept',
  examples: [
    ['ucr alerts create slow --metric p95 --warning 3000 --critical 10000 --window 5m', 'when answers take long'],
    ['ucr alerts create idle --metric requestsPerSecond --below --warning 0.1', 'when hardly anybody asks'],
    ['ucr alerts create full --metric performance.requests.inFlight --critical 500', 'a number of /debug/metrics'],
  ],
  arguments: { name: required('name', 'what messages call it') },
  options: {
    metric: text('--metric <name>', 'a metric, or the path of a number in /debug/metrics'),
    warning: text('--warning <number>', 'beyond it there is a warning'),
    critical: text('--critical <number>', 'beyond it the alert is critical'),
    below: flag('--below', 'a metric below a threshold is wrong, not one above it'),
    window: text('--window <time>', 'over which the metric is looked at (default: 1m)'),
    cooldown: text('--cooldown <time>', 'between two messages about the same (default: 5m)'),
    hysteresis: text('--hysteresis <share>', 'by which it must be better before it is over (default: 0.1)'),
    minRequests: text('--min-requests <number>', 'of fewer nothing is concluded'),
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { metric, warning, critical, below, window, cooldown, hysteresis, minRequests, config, json } = options
    if (metric === null) throw usageFailure('Say which metric: --metric p95')
    const body = {
      name,
      metric,
      ...numbers({ warning, critical, hysteresis, minRequests }),
      ...(below && { operator: 'below' }),
      ...(window !== null && { window }),
      ...(cooldown !== null && { cooldown }),
    }
    const { openAlertApi } = await import('../alert-api.ts')
    const made = await (await openAlertApi(surroundings, config)).call('POST', '', body)
    if (json) surroundings.terminal.json(made)
    else surroundings.terminal.out.line(`Created ${name}.`)
    return EXIT.ok
  },
})

function numbers(given: Readonly<Record<string, string | null>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, words]) => {
      if (words === null) return []
      const number = words.trim() === '' ? Number.NaN : Number(words)
      if (!Number.isFinite(number)) throw usageFailure(`"${words}" is no number (${name}).`)
      return [[name, number]]
    }),
  )
}

const remove = defineCommand({
  name: 'delete',
  summary: 'Delete an alert that was made with "create"',
  arguments: NAMED,
  options: { config: CONFIG },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { openAlertApi } = await import('../alert-api.ts')
    await (await openAlertApi(surroundings, options.config)).call('DELETE', `/${encodeURIComponent(name)}`)
    surroundings.terminal.out.line(`Deleted ${name}.`)
    return EXIT.ok
  },
})

const test = defineCommand({
  name: 'test',
  summary: 'Send a test message to every destination, and say what each answered',
  arguments: NAMED,
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { openAlertApi } = await import('../alert-api.ts')
    const { terminal } = surroundings
    const api = await openAlertApi(surroundings, options.config)
    const answers = listOf(await api.call('POST', `/${encodeURIComponent(name)}/test`), 'data')
    if (options.json) terminal.json(answers)
    else if (answers.length === 0) terminal.error.line('There are no destinations: "alerts.destinations" is empty.')
    else for (const line of table(answers.map(wordsOf))) terminal.out.line(line)
    return answers.every((answer) => fieldOf(answer, 'ok') === true) ? EXIT.ok : EXIT.failure
  },
})

function wordsOf(answer: JsonValue): string[] {
  const said = fieldOf(answer, 'ok') === true ? 'took it' : textOf(answer, 'error')
  return [textOf(answer, 'type'), printable(textOf(answer, 'target')), printable(said)]
}

function fieldOf(value: JsonValue, name: string): JsonValue {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value[name] ?? null
  throw new Failure('The answer is none of this admin API.', { fix: 'Is the gateway of another version? Restart it.' })
}

/** Empty for null. */
function textOf(value: JsonValue, name: string): string {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : ''
}

function numberOf(value: JsonValue, name: string): number | null {
  const field = fieldOf(value, name)
  return typeof field === 'number' ? field : null
}

function listOf(value: JsonValue, name: string): readonly JsonValue[] {
  const field = fieldOf(value, name)
  return Array.isArray(field) ? field : []
}

export const command = defineGroup('alerts', 'List, make, delete and test alerts', [list, create, remove, test])
