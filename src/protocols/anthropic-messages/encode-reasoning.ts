import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { budgetToEffort, effortToBudget, nearestEffort } from '../../canonical/effort.ts'
import type { Effort } from '../../canonical/effort.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, Message, ReasoningRequest } from '../../canonical/request.ts'
import { scanJson } from '../../lib/json.ts'
import { isOwn } from './ext-collector.ts'

type ThinkingType = ModelCapabilities['thinking'][number]

/** What goes into `thinking` and `output_config.effort`. */
export interface EncodedReasoning {
  /** `thinking` stays as the client wrote it, if at all: there is nothing typed in it. */
  readonly kept: boolean
  /** Null: no typed `thinking`. */
  readonly type: ThinkingType | null
  readonly budget: number | null
  readonly display: string | null
  readonly effort: Effort | null
}

/** The API refuses smaller budgets. */
const MIN_BUDGET = 1024
const NOTHING: EncodedReasoning = { kept: false, type: null, budget: null, display: null, effort: null }

/** What else in the request decides about thinking. */
export interface ReasoningBounds {
  readonly maxTokens: number
  /** The model has no way but to call a tool. */
  readonly forcesTool: boolean
  /** See `lostThinking`. */
  readonly lostThinking: boolean
}

/** Fits what the client asked for to what the model can, and reports the difference. */
export function encodeReasoning(
  request: CanonicalRequest,
  capabilities: ModelCapabilities,
  bounds: ReasoningBounds,
  losses: LossSink,
): EncodedReasoning {
  const { maxTokens, forcesTool } = bounds
  const { reasoning } = request
  if (reasoning === null || keptThinkingType(request.ext, capabilities) !== null) {
    return {
      ...NOTHING,
      kept: true,
      effort: reasoning === null ? null : fittingEffort(reasoning.effort, request, capabilities, losses),
    }
  }
  const own = isOwn(request.ext)
  if (isOwn(request.ext) && request.ext.fields.has('thinking')) {
    losses.substitute('thinking', 'this model does not take thinking between_tools')
  }
  const wanted = wantedType(reasoning, own)
  const fitting = wanted === null ? null : fittingType(wanted, reasoning, capabilities, own, losses)
  const type = fitting === 'enabled' && bounds.lostThinking ? withoutBudget(capabilities, own, losses) : fitting
  const thinks = type === 'enabled' || type === 'adaptive'
  if (thinks && forcesTool && !own) {
    losses.substitute('reasoning_effort', 'a forced tool call excludes thinking')
    return NOTHING
  }
  const effort = fittingEffort(effortFor(type, reasoning), request, capabilities, losses)
  const display = thinks ? reasoning.display : null
  if (type !== 'enabled') return { kept: false, type, budget: null, display, effort }
  // What the client said about both of its numbers is for the API to judge.
  if (own && reasoning.mode === 'on' && maxTokens === request.maxOutputTokens) {
    return { kept: false, type, budget: reasoning.budget, display, effort }
  }
  const budget = fittingBudget(reasoning, maxTokens, own, losses)
  return budget === null ? { ...NOTHING, effort } : { kept: false, type, budget, display, effort }
}

/**
 * The type of a `thinking` that stays as the client wrote it: one that has no typed form. Null when there is none, or when
 * the model is known not to take it.
 */
function keptThinkingType(ext: Ext | null, capabilities: ModelCapabilities): string | null {
  const kept = isOwn(ext) ? ext.fields.get('thinking') : undefined
  if (kept === undefined) return null
  const type = scanJson(kept).get('type')?.string ?? ''
  return type === 'between_tools' && !capabilities.thinking.includes(type) ? null : type
}

function wantedType(reasoning: ReasoningRequest, own: boolean): ThinkingType | null {
  switch (reasoning.mode) {
    case 'on':
      return 'enabled'
    case 'adaptive':
      return 'adaptive'
    case 'off':
      return 'disabled'
    case 'default':
      // An effort alone means thinking in other protocols; here it is a setting of its own.
      if (own || reasoning.effort === null) return null
      return reasoning.effort === 'none' ? 'disabled' : 'adaptive'
    default:
      return reasoning.mode satisfies never
  }
}

const ALTERNATIVE = {
  enabled: 'adaptive',
  adaptive: 'enabled',
  disabled: 'between_tools',
  between_tools: 'disabled',
} as const

function fittingType(
  wanted: ThinkingType,
  reasoning: ReasoningRequest,
  capabilities: ModelCapabilities,
  own: boolean,
  losses: LossSink,
): ThinkingType | null {
  const supported = capabilities.thinking
  if (supported.includes(wanted)) return wanted
  const field = own ? 'thinking' : 'reasoning_effort'
  const other = ALTERNATIVE[wanted]
  if (supported.includes(other)) {
    // An effort says no more about how to think than either type does.
    if (own || reasoning.mode !== 'default') losses.substitute(field, `thinking ${wanted} sent as ${other}`)
    return other
  }
  if (wanted !== 'disabled') losses.drop(field, 'this model does not think')
  else if (supported.length > 0) losses.drop(field, 'this model always thinks')
  return null
}

/**
 * With a budget for thinking, the API refuses an assistant turn whose tool results follow unless it begins with its thinking.
 * True where that thinking is another vendor's or never came back. A client of this protocol that left it out itself is
 * to hear so from the vendor.
 */
export function lostThinking(request: CanonicalRequest, sent: readonly Message[]): boolean {
  const turn = lastAssistant(sent)
  if (turn === undefined || startsWithReasoning(turn) || !turn.parts.some(({ kind }) => kind === 'tool-call'))
    return false
  const given = lastAssistant(request.messages)
  return !isOwn(request.ext) || (given !== undefined && startsWithReasoning(given))
}

function lastAssistant(messages: readonly Message[]): Message | undefined {
  return messages.findLast(({ role }) => role === 'assistant')
}

function startsWithReasoning({ parts }: Message): boolean {
  return parts[0]?.kind === 'reasoning'
}

/** Thinking that the model measures by itself may begin anywhere. */
function withoutBudget(capabilities: ModelCapabilities, own: boolean, losses: LossSink): ThinkingType | null {
  const type =
    (['adaptive', 'disabled'] as const).find((candidate) => capabilities.thinking.includes(candidate)) ?? null
  const why = `thinking with a budget cannot begin in a tool loop, so it is ${type ?? 'left out'}`
  losses.substitute(own ? 'thinking' : 'reasoning_effort', why)
  return type
}

/** A budget that the model cannot be given becomes an effort. */
function effortFor(type: ThinkingType | null, reasoning: ReasoningRequest): Effort | null {
  if (reasoning.effort !== null) return reasoning.effort
  return type === 'adaptive' && reasoning.budget !== null ? budgetToEffort(reasoning.budget) : null
}

function fittingEffort(
  asked: Effort | null,
  request: CanonicalRequest,
  capabilities: ModelCapabilities,
  losses: LossSink,
): Effort | null {
  if (asked === null) return null
  const own = isOwn(request.ext)
  const field = own ? 'output_config.effort' : 'reasoning_effort'
  // Where thinking is switched off, that has been said already; where there are only budgets, one was made of it.
  if (!own && (asked === 'none' || capabilities.efforts.length === 0)) return null
  const effort = nearestEffort(asked, capabilities.efforts)
  if (effort === null) losses.drop(field, 'this model has no efforts')
  else if (effort !== asked) losses.substitute(field, `effort ${asked} sent as ${effort}`)
  return effort
}

/** Null when the answer's limit leaves no room to think. */
function fittingBudget(reasoning: ReasoningRequest, maxTokens: number, own: boolean, losses: LossSink): number | null {
  const asked = reasoning.budget ?? effortToBudget(reasoning.effort ?? 'high')
  const field = own ? 'thinking.budget_tokens' : 'reasoning_effort'
  if (asked < maxTokens && asked >= MIN_BUDGET) return asked
  if (maxTokens <= MIN_BUDGET) {
    losses.drop(own ? 'thinking' : field, 'max_tokens leaves no room to think')
    return null
  }
  const budget = Math.max(MIN_BUDGET, Math.min(asked, maxTokens - MIN_BUDGET))
  if (reasoning.budget !== null) losses.substitute(field, `budget ${asked} sent as ${budget}`)
  return budget
}
