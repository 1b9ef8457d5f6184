// Writes src/models/data/prices.json: what vendors ask for their models, from the data of two packages: the one named below,
// and the one that `model-source.mjs` names. Run it again with newer versions when prices have changed:
// `node scripts/prices.mjs`.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import packageJson from '../package.json' with { type: 'json' }
import { plainModelName, undatedModelName } from '../src/models/name.ts'
import { PROMPT_STEPS } from '../src/observe/model-usage.ts'
import { MODEL_SOURCE, modelsOf, readModelSource } from './model-source.mjs'

const PACKAGE = '@pydantic/genai-prices'
const TARGET = fileURLToPath(new URL('../src/models/data/prices.json', import.meta.url))
/** Prices that hold on this day. Where they change with the hour, those of most hours: the source counts in UTC. */
const DAY = '2026-11-29'
const MOMENT = new Date(`${DAY}T12:00:00Z`)

/** Our provider types, and how the first source calls them. These sell their own models, which cost the same at every host. */
const MAKERS = { anthropic: 'anthropic', openai: 'openai', gemini: 'google', xai: 'x-ai' }
/** Of a maker's list these only: it may sell models of others too. */
const OWN = /^(?:claude|gpt-(?!oss)|chatgpt|o\d|codex|computer-use|gemini|grok)/
/** These have prices of their own. */
const HOSTS = {
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepseek: 'deepseek',
  fireworks: 'fireworks',
  'github-copilot': 'github-copilot',
  groq: 'groq',
  minimax: 'minimax',
  mistral: 'mistral',
  moonshot: 'moonshotai',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  together: 'together',
  zai: 'zai',
}
/** What it asks changes with the hour, which the other source does not say. */
const BY_THE_HOUR = 'deepseek'

/** Beginnings that end within a name. */
const NO_NAME = /[-@:.]$|-20\d\d$|^claude-v\d$/
/** Most of what these take or give is no text, and costs more than text. */
const OTHER_TOKENS = /audio|image|live|realtime|transcribe|tts|voice|voxtral|ocr|embed|moderation|omni/

/** @typedef {{ readonly base: number, readonly tiers: readonly { readonly start: number, readonly price: number }[] }} Tiered */
/** @typedef {readonly [from: number, input: number, cacheRead: number, cacheWrite: number, cacheWriteLong: number, output: number]} Step */

/**
 * The names under which a vendor's models are asked for, as far as they are told in so many words: what the source only has
 * patterns for may be another model, with another price.
 *
 * @param {string} source
 */
function namesOf(source) {
  const provider = findProvider({ providerId: source })
  if (provider === undefined) throw new Error(`${PACKAGE} knows no ${source}`)
  const names = provider.models.flatMap(({ id, match }) => [id, ...namesIn(match)])
  return [...new Set(names)].filter(isText)
}

/**
 * What a pattern names in so many words.
 *
 * @param {import('@pydantic/genai-prices').MatchLogic} match
 * @returns {readonly string[]}
 */
function namesIn(match) {
  if ('or' in match) return match.or.flatMap(namesIn)
  if ('equals' in match) return [match.equals]
  return 'starts_with' in match ? [match.starts_with] : []
}

/**
 * Null where the source does not know it, or it is not paid by the token.
 *
 * @param {string} source @param {string} name @returns {readonly Step[] | null}
 */
function stepsOf(source, name) {
  const found = calcPrice({ input_tokens: 1 }, name, { providerId: source, timestamp: MOMENT })
  if (found === null || found.provider.id !== source) return null
  const { input_mtok: input, output_mtok: output, requests_kcount: perRequest } = found.model_price
  if (input === undefined || output === undefined || perRequest !== undefined) return null
  const { cache_read_mtok: read = input, cache_write_mtok: write = input } = found.model_price
  const { cache_write_1h_mtok: writeLong = write } = found.model_price
  const columns = [input, read, write, writeLong, output]
  const starts = new Set(columns.flatMap((price) => (typeof price === 'number' ? [] : price.tiers).map(startOf)))
  return [0, ...[...starts].toSorted((a, b) => a - b)].map((from) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = columns.map((price) => picodollars(priceFrom(price, from)))
    return [from, a, b, c, d, e]
  })
}

/** @param {number | Tiered} price @param {number} from */
function priceFrom(price, from) {
  if (typeof price === 'number') return price
  return price.tiers.findLast((tier) => startOf(tier) <= from)?.price ?? price.base
}

/** The source says 199999 here and 200000 there for the same rule of "over 200K". @param {{ start: number }} tier */
function startOf({ start }) {
  const from = Math.ceil(start / 1000) * 1000
  if (!PROMPT_STEPS.includes(from)) throw new Error(`PROMPT_STEPS lacks ${from}`)
  return from
}

/** Of a token, to the nearest one, from US dollars of a million tokens. @param {number} perMillion */
function picodollars(perMillion) {
  return Math.round(perMillion * 1e6)
}

/**
 * OpenRouter's variants have prices of their own, and what is free there says so in its name.
 *
 * @param {string} source @param {string} name
 */
function nameAt(source, name) {
  return source === 'openrouter' && name.includes(':') ? name.toLowerCase() : plainModelName(name)
}

/**
 * What the other source says. Null where it says nothing, for which it writes 0, as for what is free, and where a price
 * changes at a length that nobody counts by.
 *
 * @param {import('./model-source.mjs').SourceModel} model @returns {readonly Step[] | null}
 */
function listedSteps({ id, cost }) {
  const tiers = [{ ...cost, inputTokensAbove: 0 }, ...(cost.tiers ?? [])]
  if (cost.input === 0 || cost.output === 0) return null
  if (tiers.some(({ inputTokensAbove }) => !PROMPT_STEPS.includes(inputTokensAbove))) return null
  // https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing has no other price for an hour.
  const isClaude = plainModelName(id).startsWith('claude')
  return tiers.map(({ inputTokensAbove: from, input, output, cacheRead, cacheWrite }) => {
    const write = cacheWrite || input
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = [
      input,
      cacheRead || input,
      write,
      isClaude && cacheWrite > 0 ? 2 * input : write,
      output,
    ].map(picodollars)
    return [from, a, b, c, d, e]
  })
}

/** @param {string} name */
function isText(name) {
  return !NO_NAME.test(name) && !OTHER_TOKENS.test(name)
}

class Rows {
  /** @type {(readonly Step[])[]} */
  rows = []
  /** @type {Map<string, number>} */
  #index = new Map()

  /** @param {readonly Step[]} steps */
  add(steps) {
    const key = JSON.stringify(steps)
    const index = this.#index.get(key) ?? this.rows.push(steps) - 1
    this.#index.set(key, index)
    return index
  }
}

/** @param {Readonly<Record<string, number>>} record */
const sorted = (record) => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** Without names that say the same without their date. @param {Record<string, number>} names */
function withoutRepetitions(names) {
  const kept = Object.entries(names).filter(([name, row]) => {
    const undated = undatedModelName(name)
    return undated === name || names[undated] !== row
  })
  return sorted(Object.fromEntries(kept))
}

/**
 * Under a name that is looked for where this one is not found.
 *
 * @param {string} name @param {number} row @param {Readonly<Record<string, number>>} listed
 */
function isKnownBesides(name, row, listed) {
  const plain = plainModelName(name)
  return [plain, undatedModelName(plain)].some((other) => (listed[other] ?? models[other]) === row)
}

const rows = new Rows()
const known = readModelSource()
/** @type {Record<string, number>} */
const models = {}
for (const [type, source] of Object.entries(MAKERS)) {
  for (const name of namesOf(source)) {
    const steps = OWN.test(name) ? stepsOf(source, name) : null
    if (steps !== null) models[plainModelName(name)] ??= rows.add(steps)
  }
  for (const model of modelsOf(known, type)) {
    const name = plainModelName(model.id)
    // Where the newest one goes, sources do not agree on.
    if (!OWN.test(name) || !isText(name) || name.endsWith('-latest')) continue
    const steps = listedSteps(model)
    if (steps !== null) models[name] ??= rows.add(steps)
  }
}
/** @type {Record<string, Record<string, number>>} */
const hosts = {}
for (const [type, source] of Object.entries(HOSTS)) {
  const listed = modelsOf(known, type)
  const others = namesOf(source).map((name) => told(name, stepsOf(source, name)))
  // Hosts change their prices more often than the first source is written anew, which in turn knows more of caches.
  const newer = listed.filter(({ cost }) => cost.cacheRead > 0).map((model) => told(model.id, listedSteps(model)))
  const older = listed.map((model) => told(model.id, listedSteps(model)))
  hosts[type] = hostTable(source, source === BY_THE_HOUR ? [...others, ...older] : [...newer, ...others, ...older])
}

/** @typedef {readonly [name: string, steps: readonly Step[] | null]} Told */

/** @param {string} name @param {readonly Step[] | null} steps @returns {Told} */
function told(name, steps) {
  return [name, steps]
}

/**
 * Of what is told of a name, the first counts.
 *
 * @param {string} source @param {readonly Told[]} list
 */
function hostTable(source, list) {
  /** @type {Record<string, number>} */
  const table = {}
  // Variants come behind what they are variants of.
  for (const [name, steps] of list.toSorted(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))) {
    if (steps === null || name.endsWith(':free') || !isText(name)) continue
    const row = rows.add(steps)
    const plain = nameAt(source, name)
    if (!Object.hasOwn(table, plain) && !isKnownBesides(plain, row, table)) table[plain] = row
  }
  return withoutRepetitions(table)
}

const sources = [{ package: PACKAGE, version: packageJson.devDependencies[PACKAGE], license: 'MIT' }, MODEL_SOURCE]
writeFileSync(TARGET, JSON.stringify({ sources, day: DAY, rows: rows.rows, models: withoutRepetitions(models), hosts }))
execFileSync(process.execPath, [fileURLToPath(new URL('../node_modules/oxfmt/bin/oxfmt', import.meta.url)), TARGET])
const count = Object.values(hosts).reduce((sum, names) => sum + Object.keys(names).length, Object.keys(models).length)
console.log(`${count} names, ${rows.rows.length} rows, ${readFileSync(TARGET).length} bytes`)
