import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Courier } from '../alerts/courier.ts'
import type { DestinationAnswer } from '../alerts/courier.ts'
import type { Poster } from '../alerts/destination.ts'
import { Evaluator } from '../alerts/evaluator.ts'
import { MemoryNotices } from '../alerts/memory-notices.ts'
import { messageOf } from '../alerts/message.ts'
import type { MessageContext } from '../alerts/message.ts'
import type { Rule } from '../alerts/rule.ts'
import { RuleBook } from '../alerts/rule-book.ts'
import type { RuleStore } from '../alerts/rule-store.ts'
import { thresholdOf } from '../alerts/standing.ts'
import type { Config } from '../config/config.ts'
import type { AlertEvent, AlertRule } from '../observe/alert-list.ts'
import type { Log } from '../observe/log.ts'
import type { MemoryAlert } from '../observe/memory-monitor.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import { alertRoutes } from '../server/alert-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { openRuleStore } from './open-rule-store.ts'
import { AlertShare } from './share-alerts.ts'
import type { StateDatabase } from './state-database.ts'

export interface AlertingOptions {
  readonly config: Config
  readonly database: StateDatabase
  readonly poster: Poster
  readonly log: Log
  readonly version: string
  /** Of all workers as one. */
  readonly measure: () => Promise<MetricsSnapshot>
  /** Of all workers one looks and tells. */
  readonly leads: () => boolean
}

const SERVICE = 'universal-claude-router'

/** Rules about metrics: looking whether they are broken, telling somebody, and making them. */
export class Alerting {
  readonly routes: readonly PlainRoute[]
  readonly #options: AlertingOptions
  readonly #book: RuleBook
  readonly #evaluator: Evaluator
  readonly #courier: Courier
  readonly #notices = new MemoryNotices()
  #config: Config
  #share: AlertShare | null = null
  #timer: NodeJS.Timeout | null = null
  #opened: Promise<RuleStore> | null = null
  #isFailing = false
  #isUnreadable = false

  constructor(options: AlertingOptions) {
    const { config, database, poster, log } = options
    this.#options = options
    this.#config = config
    this.#book = new RuleBook({
      store: () => this.#store(),
      // Where there is no file, what was made is in the store that is open.
      isKept: async () => this.#opened !== null || (await database.exists()),
      configured: () => this.#config.alerts.rules,
      now: () => Date.now(),
    })
    this.#evaluator = new Evaluator({
      rules: () => this.#rules(),
      measure: () => options.measure(),
      maxSessions: () => (this.#config.sessions.store === 'off' ? null : this.#config.sessions.max),
      tell: (event, rule) => this.#send(event, { window: rule.window / 1000, test: false }),
      now: () => Date.now(),
    })
    this.#courier = new Courier({
      post: poster.post,
      log,
      now: () => Date.now(),
      random: Math.random,
      pause: (milliseconds) => delay(milliseconds, undefined, { ref: false }),
    })
    this.#adoptDestinations()
    this.routes = alertRoutes({
      list: async () => this.#evaluator.list(await this.#book.all()),
      create: async (terms) => this.#shown(await this.#book.create(terms)),
      remove: (idOrName) => this.#book.remove(idOrName),
      test: (idOrName) => this.#test(idOrName),
    })
  }

  /** From here on the metrics are looked at. */
  start(bus: WorkerBus): void {
    const share = new AlertShare(bus, {
      record: () => this.#evaluator.record,
      adopt: (record) => {
        if (!this.#options.leads()) this.#evaluator.adopt(record)
      },
      heard: (alert) => this.#hear(alert),
    })
    this.#share = share
    this.#run()
    void share.catchUp()
  }

  /** A new config is in force. */
  adopt(config: Config): void {
    const before = this.#config
    this.#config = config
    this.#adoptDestinations()
    if (!config.alerts.enabled) this.#evaluator.adopt({ ...this.#evaluator.record, standings: [] })
    if (this.#timer === null || JSON.stringify(before.alerts) === JSON.stringify(config.alerts)) return
    this.#run()
    void this.#look()
  }

  /** This worker acts on its memory, which all may hear. */
  noteMemory(alert: MemoryAlert): void {
    this.#share?.tell(alert)
    this.#hear(alert)
  }

  counts(): { readonly firing: number; readonly sent: number; readonly failed: number; readonly dropped: number } {
    return { firing: this.#options.leads() ? this.#evaluator.firing : 0, ...this.#courier.stats() }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#courier.close()
    this.#options.poster.close()
  }

  #run(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = setInterval(() => void this.#look(), this.#config.alerts.interval).unref()
  }

  async #look(): Promise<void> {
    if (!this.#config.alerts.enabled || !this.#options.leads()) return
    try {
      await this.#evaluator.look()
      this.#share?.publish()
      this.#isFailing = false
    } catch (thrown) {
      if (!this.#isFailing) this.#options.log.error(null, 'alerts cannot be looked at', thrown)
      this.#isFailing = true
    }
  }

  /** Those of the config hold also where those of the store cannot be read. */
  async #rules(): Promise<readonly Rule[]> {
    try {
      const rules = await this.#book.all()
      this.#isUnreadable = false
      return rules
    } catch (thrown) {
      if (!this.#isUnreadable) this.#options.log.error(null, 'alerts that were made before cannot be read', thrown)
      this.#isUnreadable = true
      return this.#config.alerts.rules
    }
  }

  #hear(alert: MemoryAlert): void {
    const { alerts, memory } = this.#config
    if (!alerts.enabled || !this.#options.leads()) return
    const event = this.#notices.accept(alert, memory, Date.now())
    if (event === null) return
    this.#evaluator.note(event)
    this.#send(event, { window: null, test: false })
  }

  #send(event: AlertEvent, context: Omit<MessageContext, 'gateway'>): void {
    this.#courier.send(messageOf(event, { ...context, gateway: this.#sender }))
  }

  async #test(idOrName: string): Promise<readonly DestinationAnswer[]> {
    const rule = await this.#book.get(idOrName)
    const state = rule.warning === null ? 'critical' : 'warning'
    const threshold = thresholdOf(rule, state)
    const { id, name, metric, window } = rule
    const event = { time: Date.now(), ruleId: id, name, metric, state, value: threshold ?? 0, threshold } as const
    return this.#courier.test(messageOf(event, { window: window / 1000, test: true, gateway: this.#sender }))
  }

  get #sender(): MessageContext['gateway'] {
    return { service: SERVICE, version: this.#options.version, host: hostname() }
  }

  #shown(rule: Rule): AlertRule {
    const [shown] = this.#evaluator.list([rule]).data
    if (shown === undefined) throw new Error('a rule was not listed')
    return shown
  }

  #adoptDestinations(): void {
    const { destinations } = this.#config.alerts
    this.#options.log.hide(destinations.flatMap(secretsOf))
    this.#courier.adopt(destinations)
  }

  #store(): Promise<RuleStore> {
    this.#opened ??= openRuleStore(this.#options.database).catch((thrown: unknown) => {
      // Whoever needs it next tries again.
      this.#opened = null
      throw thrown
    })
    return this.#opened
  }
}

/** A URL without a path is nothing that could be a secret, and stands in other lines too. */
function secretsOf(destination: Config['alerts']['destinations'][number]): readonly string[] {
  if (destination.type === 'log') return []
  const { pathname = '/', search = '' } = URL.parse(destination.url) ?? {}
  return [
    ...(pathname === '/' && search === '' ? [] : [destination.url, pathname + search]),
    ...(destination.type === 'webhook' ? [destination.secret] : []),
  ]
}
