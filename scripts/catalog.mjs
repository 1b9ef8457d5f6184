// Writes src/models/data/models.json: what is publicly known of models, from the data of the package that `model-source.mjs` names.
// Run it again with a newer version when models have appeared: `node scripts/catalog.mjs`.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EFFORTS, isEffort } from '../src/canonical/effort.ts'
import { plainModelName } from '../src/models/name.ts'
import { MODEL_SOURCE, modelsOf, readModelSource, VENDORS } from './model-source.mjs'

const TARGET = fileURLToPath(new URL('../src/models/data/models.json', import.meta.url))

/** Where several hosts serve one model, these are believed first: those that made it, and then the one that lists most. */
const AUTHORITIES = [
  'anthropic',
  'openai',
  'google',
  'xai',
  'deepseek',
  'moonshotai',
  'zai',
  'minimax',
  'mistral',
  'meta',
  'openrouter',
]

/** @typedef {import('./model-source.mjs').SourceModel} SourceModel */

/**
 * The source's levels: null means refused; absent means taken, but for the two strongest, which must be named.
 *
 * @param {SourceModel} model
 */
function effortsOf({ reasoning, thinkingLevelMap: map }) {
  if (!reasoning) return ''
  if (map === undefined) return null
  const taken = new Set()
  for (const effort of EFFORTS) {
    const level = effort === 'none' ? 'off' : effort
    const word = map[level]
    if (word === null || (word === undefined && (effort === 'xhigh' || effort === 'max'))) continue
    const meant = word === undefined || word === 'off' ? effort : word.toLowerCase()
    // A vendor's own word (`default`) is no effort: such a model has a switch that we cannot name.
    if (!isEffort(meant)) return ''
    taken.add(meant)
  }
  return EFFORTS.filter((effort) => taken.has(effort)).join(' ')
}

class Rows {
  /** @type {object[]} */
  rows = []
  /** @type {Map<string, number>} */
  #index = new Map()

  /**
   * @param {SourceModel} model
   * @returns {number} where its row is
   */
  add(model) {
    const row = {
      context: model.contextWindow ?? 0,
      output: model.maxTokens ?? 0,
      vision: model.input.includes('image'),
      efforts: effortsOf(model),
    }
    const key = JSON.stringify(row)
    const index = this.#index.get(key) ?? this.rows.push(row) - 1
    this.#index.set(key, index)
    return index
  }
}

/** @param {Readonly<Record<string, number>>} record */
const sorted = (record) => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** @param {string} host */
function rank(host) {
  const index = AUTHORITIES.indexOf(host)
  return index === -1 ? AUTHORITIES.length : index
}

const hosts = readModelSource()
const rows = new Rows()
/** @type {Record<string, number>} */
const models = {}
for (const { models: listed } of hosts.toSorted((a, b) => rank(a.host) - rank(b.host))) {
  for (const model of listed) models[plainModelName(model.id)] ??= rows.add(model)
}
/** @type {Record<string, Record<string, number>>} */
const vendors = {}
for (const type of Object.keys(VENDORS)) {
  vendors[type] = sorted(Object.fromEntries(modelsOf(hosts, type).map((model) => [model.id, rows.add(model)])))
}

writeFileSync(TARGET, JSON.stringify({ source: MODEL_SOURCE, rows: rows.rows, models: sorted(models), vendors }))
execFileSync(process.execPath, [fileURLToPath(new URL('../node_modules/oxfmt/bin/oxfmt', import.meta.url)), TARGET])
console.log(`${Object.keys(models).length} models, ${rows.rows.length} rows, ${readFileSync(TARGET).length} bytes`)
