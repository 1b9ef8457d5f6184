import { isLoopback, parseAuthority } from '../admission/address.ts'
import { DEFAULT_RULES } from '../alerts/default-rules.ts'
import type { Destination } from '../alerts/destination.ts'
import { problemOf, termsOf } from '../alerts/rule.ts'
import type { Rule } from '../alerts/rule.ts'
import type { AlertSettings, HealthCheckSettings } from './config.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import type { ConfigInput } from './schema.ts'

type AlertInput = ConfigInput['alerts']
type RuleInput = AlertInput['rules'][number]
type DestinationInput = AlertInput['destinations'][number]

const SHORTEST_INTERVAL = 100
const LONGEST_INTERVAL = 60_000
const SHORTEST_CHECK_INTERVAL = 1000

export function resolveAlerts(
  { alerts, healthChecks }: Pick<ConfigInput, 'alerts' | 'healthChecks'>,
  resolution: Resolution,
): AlertSettings {
  const { enabled, interval } = alerts
  if (interval < SHORTEST_INTERVAL || interval > LONGEST_INTERVAL) {
    resolution.error(['alerts', 'interval'], 'must be from 100 ms to a minute', 'write a time such as "10s"', true)
  }
  return {
    enabled,
    interval,
    rules: resolveRules(alerts.rules, healthChecks.enabled, resolution),
    destinations: alerts.destinations.map((destination, index) =>
      resolveDestination(destination, ['alerts', 'destinations', index], resolution),
    ),
  }
}

export function resolveHealthChecks(input: ConfigInput['healthChecks'], resolution: Resolution): HealthCheckSettings {
  const { interval, timeout } = input
  const path: Path = ['healthChecks']
  if (interval < SHORTEST_CHECK_INTERVAL) {
    resolution.error([...path, 'interval'], 'must be a second or more', 'write a time such as "30s"', true)
  }
  if (timeout === 0) {
    resolution.error([...path, 'timeout'], 'must be longer than nothing', 'write a time such as "10s"')
  }
  return input
}

/** The usual rules as the config wants them, then the others, without those that are switched off. */
function resolveRules(inputs: AlertInput['rules'], hasChecks: boolean, resolution: Resolution): readonly Rule[] {
  const rules = new Map<string, Rule>()
  for (const { needsChecks, ...terms } of DEFAULT_RULES) {
    if (needsChecks && !hasChecks) continue
    rules.set(terms.name, { ...termsOf(terms), id: terms.name, source: 'default' })
  }
  const seen = new Set<string>()
  for (const [index, input] of inputs.entries()) {
    const path = ['alerts', 'rules', index]
    if (seen.has(input.name))
      resolution.error([...path, 'name'], 'is the name of another rule too', 'choose another', true)
    seen.add(input.name)
    const rule = resolveRule(input, path, resolution)
    if (rule === null) rules.delete(input.name)
    else rules.set(input.name, rule)
  }
  return [...rules.values()]
}

/** Null: it is switched off. */
function resolveRule(input: RuleInput, path: Path, resolution: Resolution): Rule | null {
  const usual = DEFAULT_RULES.find(({ name }) => name === input.name)
  if (input.enabled === false) {
    if (usual !== undefined || input.metric !== undefined) return null
    resolution.warning([...path, 'name'], 'is the name of no usual rule: there is nothing to switch off', null, true)
    return null
  }
  const terms = termsOf(input, usual)
  const problem = problemOf(terms)
  if (problem !== null) {
    const { field, message, fix } = problem
    if (input[field] === undefined) resolution.error(path, `has no usable "${field}": it ${message}`, fix, true)
    else resolution.error([...path, field], message, fix, true)
  }
  return { ...terms, id: terms.name, source: 'config' }
}

function resolveDestination({ type, url, secret }: DestinationInput, path: Path, resolution: Resolution): Destination {
  switch (type) {
    case 'log':
      return { type }
    case 'slack':
      checkUrl(url, true, path, resolution)
      return { type, url: url ?? '' }
    case 'webhook':
      checkUrl(url, false, path, resolution)
      if (secret === undefined) {
        const fix = 'write "secret": "${ALERT_SECRET}", and give the receiver the same'
        resolution.error(path, 'must have a "secret": a receiver could not tell who sends', fix)
      }
      return { type, url: url ?? '', secret: secret ?? '' }
    default:
      return type satisfies never
  }
}

/** `isSecret`: whoever reads the URL on its way could use it. */
function checkUrl(given: string | undefined, isSecret: boolean, path: Path, resolution: Resolution): void {
  if (given === undefined) {
    resolution.error(path, 'must have a "url"', 'write "url": "https://..."')
    return
  }
  const url = URL.parse(given)
  const isPlain = url?.protocol === 'http:' && (!isSecret || isLoopback(parseAuthority(url.host)?.host ?? ''))
  if (url !== null && (url.protocol === 'https:' || isPlain) && url.username === '' && url.password === '') return
  const fix = 'write it as "https://hooks.example.com/...", without user and password'
  resolution.error([...path, 'url'], `must be a URL that begins with https://${isSecret ? '' : ' or http://'}`, fix)
}
