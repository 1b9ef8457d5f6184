import { randomBytes } from 'node:crypto'
import { GatewayError } from '../lib/error.ts'
import type { Rule, RuleTerms } from './rule.ts'
import type { RuleStore } from './rule-store.ts'

export interface RuleBookOptions {
  /** Opens it where that was not done. */
  readonly store: () => Promise<RuleStore>
  /** False only where there surely is nothing in it. */
  readonly isKept: () => Promise<boolean>
  /** Of the config, the usual ones too. */
  readonly configured: () => readonly Rule[]
  /** Unix milliseconds. */
  readonly now: () => number
}

/** All rules, and what may be done to those of the store. Throws GatewayError `invalid_request` with status 404 or 409. */
export class RuleBook {
  readonly #options: RuleBookOptions

  constructor(options: RuleBookOptions) {
    this.#options = options
  }

  async all(): Promise<readonly Rule[]> {
    const { configured, store, isKept } = this.#options
    // Most gateways have no such rules, and need no database for that.
    const stored = (await isKept()) ? await (await store()).list() : []
    return [...configured(), ...stored.map((rule): Rule => ({ ...rule, source: 'store' }))]
  }

  /** By its id or its name. */
  async get(idOrName: string): Promise<Rule> {
    const rules = await this.all()
    const rule = rules.find(({ id }) => id === idOrName) ?? rules.find(({ name }) => name === idOrName)
    if (rule === undefined) throw new GatewayError('invalid_request', 'There is no such alert.', { status: 404 })
    return rule
  }

  async create(terms: RuleTerms): Promise<Rule> {
    const { store, configured, now } = this.#options
    const rule = { ...terms, id: `alert_${randomBytes(12).toString('base64url')}` }
    const isReserved = configured().some(({ name }) => name === terms.name)
    if (isReserved || !(await (await store()).add({ ...rule, createdAt: now() }))) {
      throw conflict(`There is an alert named ${JSON.stringify(terms.name)} already.`)
    }
    return { ...rule, source: 'store' }
  }

  async remove(idOrName: string): Promise<Rule> {
    const rule = await this.get(idOrName)
    if (rule.source !== 'store') {
      const line = JSON.stringify({ name: rule.name, enabled: false })
      throw conflict(
        rule.source === 'default'
          ? `This is a usual alert: to switch it off, put ${line} into "alerts.rules" of the config.`
          : 'This alert stands in "alerts.rules" of the config file, and is changed there.',
      )
    }
    await (await this.#options.store()).remove(rule.id)
    return rule
  }
}

function conflict(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { status: 409, shouldRetry: false })
}
