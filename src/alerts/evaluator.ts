import type { AlertEvent, AlertList, AlertRule } from '../observe/alert-list.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import { measuredOf } from './metrics.ts'
import type { Rule } from './rule.ts'
import { Samples } from './samples.ts'
import { AT_EASE, judge, thresholdOf } from './standing.ts'
import type { Standing } from './standing.ts'

export interface EvaluatorOptions {
  /** The rules that hold now. */
  readonly rules: () => Promise<readonly Rule[]>
  /** All workers as one. */
  readonly measure: () => Promise<MetricsSnapshot>
  /** Null where there are no sessions. */
  readonly maxSessions: () => number | null
  readonly tell: (event: AlertEvent, rule: Rule) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

/** What another worker needs to go on where this one ended. */
export interface EvaluatorRecord {
  readonly standings: readonly (readonly [id: string, standing: Standing])[]
  /** The newest first. */
  readonly recent: readonly AlertEvent[]
}

/** Events that are remembered. */
const MOST_RECENT = 50

/** Looks at the metrics, and at which rules they break. */
export class Evaluator {
  readonly #options: EvaluatorOptions
  readonly #samples = new Samples()
  #standings: ReadonlyMap<string, Standing> = new Map()
  #recent: readonly AlertEvent[] = []
  #looking: Promise<void> | null = null

  constructor(options: EvaluatorOptions) {
    this.#options = options
  }

  /** One look; where one is under way, that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** Something happened that no rule looks for. */
  note(event: AlertEvent): void {
    this.#recent = [event, ...this.#recent].slice(0, MOST_RECENT)
  }

  get record(): EvaluatorRecord {
    return { standings: [...this.#standings], recent: this.#recent }
  }

  adopt({ standings, recent }: EvaluatorRecord): void {
    this.#standings = new Map(standings)
    this.#recent = recent
  }

  /** Rules that are broken. */
  get firing(): number {
    return [...this.#standings.values()].filter(({ state }) => state !== 'ok').length
  }

  list(rules: readonly Rule[]): AlertList {
    return { object: 'list', data: rules.map((rule) => this.#shown(rule)), recent: this.#recent }
  }

  async #look(): Promise<void> {
    const { rules: read, measure, maxSessions, now } = this.#options
    const rules = await read()
    if (rules.length === 0) {
      this.#standings = new Map()
      return
    }
    const measured = measuredOf(await measure(), maxSessions())
    const time = now()
    this.#samples.add(measured, rules, time)
    this.#standings = new Map(rules.map((rule) => [rule.id, this.#judged(rule, time)]))
  }

  #judged(rule: Rule, time: number): Standing {
    const before = this.#standings.get(rule.id) ?? AT_EASE
    const { standing, isChange, isDue } = judge(rule, before, this.#samples.valueOf(rule), time)
    // An end is told with the threshold that is not passed any more.
    const threshold = thresholdOf(rule, standing.state === 'ok' ? before.state : standing.state)
    const event = eventOf(rule, standing, threshold, time)
    if (isChange) this.note(event)
    if (isDue) this.#options.tell(event, rule)
    return standing
  }

  #shown({ id, name, metric, operator, warning, critical, window, cooldown, source }: Rule): AlertRule {
    const { state, value, since } = this.#standings.get(id) ?? AT_EASE
    return {
      id,
      name,
      metric,
      operator,
      warning,
      critical,
      window: window / 1000,
      cooldown: cooldown / 1000,
      source,
      state,
      value,
      since,
    }
  }
}

function eventOf(
  { id, name, metric }: Rule,
  { state, value }: Standing,
  threshold: number | null,
  time: number,
): AlertEvent {
  return { time, ruleId: id, name, metric, state, value: value ?? 0, threshold }
}
