import type { JsonObject } from '../json-object.ts'
import { listOf, numberOf, objectOf, textOf } from '../json-object.ts'
import { nameOfModel } from '../settings.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'

const THINKING_TYPES = ['enabled', 'adaptive', 'disabled', 'between_tools']
const SMALLEST_BUDGET = 1024

/** What thinking excludes, and what the Claude model of the requested name refuses. Names of no Claude model refuse nothing. */
export function* checkModel(body: JsonObject): Generator<Problem> {
  const thinking = objectOf(body['thinking'])
  if (thinking !== null) yield* checkThinking(body, thinking)
  const rules = rulesOf(nameOfModel(textOf(body['model']) ?? ''))
  if (rules === null) return
  const type = textOf(thinking?.['type'])
  if (type !== null && rules.refusedThinking.includes(type)) {
    yield invalid(`thinking.type: "${type}" is not supported by this model`)
  }
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    if (!rules.sampling && body[name] !== undefined) yield invalid(`${name}: is not supported by this model`)
  }
  if (rules.oneSampler && body['temperature'] !== undefined && body['top_p'] !== undefined) {
    yield invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  if (!rules.forcedChoice && isForced(body))
    yield invalid('tool_choice: this model does not support forcing a tool call')
  if (rules.systemMessages) return
  for (const [index, message] of (listOf(body['messages']) ?? []).entries()) {
    if (objectOf(message)?.['role'] === 'system')
      yield invalid(`messages.${index}.role: "system" is not supported by this model`)
  }
}

function* checkThinking(body: JsonObject, thinking: JsonObject): Generator<Problem> {
  const type = textOf(thinking['type']) ?? ''
  if (!THINKING_TYPES.includes(type)) {
    yield invalid(`thinking.type: Input should be ${THINKING_TYPES.join(', ')}`)
    return
  }
  if (type === 'disabled' || type === 'between_tools') return
  const budget = numberOf(thinking['budget_tokens'])
  const maxTokens = numberOf(body['max_tokens']) ?? 0
  if (type === 'adaptive' && budget !== null) {
    yield invalid('thinking.adaptive.budget_tokens: Extra inputs are not permitted')
  }
  if (type === 'enabled') {
    if (budget === null) yield invalid('thinking.enabled.budget_tokens: Field required')
    else if (budget < SMALLEST_BUDGET) {
      yield invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${SMALLEST_BUDGET}`)
    } else if (maxTokens <= budget) yield invalid('`max_tokens` must be greater than `thinking.budget_tokens`')
  }
  const temperature = numberOf(body['temperature'])
  if (temperature !== null && temperature !== 1) {
    yield invalid('`temperature` may only be set to 1 when thinking is enabled')
  }
  if (body['top_k'] !== undefined) yield invalid('`top_k` must be unset when thinking is enabled')
  if (isForced(body)) yield invalid('Thinking may not be enabled when tool_choice forces tool use.')
}

function isForced(body: JsonObject): boolean {
  const type = objectOf(body['tool_choice'])?.['type']
  return type === 'any' || type === 'tool'
}

interface ModelRules {
  readonly refusedThinking: readonly string[]
  readonly sampling: boolean
  readonly oneSampler: boolean
  readonly forcedChoice: boolean
  /** In the middle of a conversation. */
  readonly systemMessages: boolean
}

const OLD: ModelRules = {
  refusedThinking: ['adaptive'],
  sampling: true,
  oneSampler: false,
  forcedChoice: true,
  systemMessages: false,
}
const V4_5: ModelRules = { ...OLD, oneSampler: true }
const V4_6: ModelRules = { ...V4_5, refusedThinking: [] }
const V4_7: ModelRules = { ...OLD, refusedThinking: ['enabled'], sampling: false }
const V4_8: ModelRules = { ...V4_7, systemMessages: true }
const ALWAYS_THINKING: ModelRules = { ...V4_8, refusedThinking: ['enabled', 'disabled'] }
const UNFORCED: ModelRules = { ...ALWAYS_THINKING, forcedChoice: false }

const CLAUDE = /claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/

function rulesOf(model: string): ModelRules | null {
  const [, family, major, minor] = CLAUDE.exec(model) ?? []
  if (family === undefined) return null
  const version = Number(major) * 100 + Number(minor ?? 0)
  if (family === 'fable' || family === 'mythos') return version > 500 ? UNFORCED : ALWAYS_THINKING
  if (version >= 408) return V4_8
  if (version >= 407) return V4_7
  if (version >= 406) return V4_6
  return version >= 405 ? V4_5 : OLD
}
