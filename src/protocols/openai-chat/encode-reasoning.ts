import { budgetToEffort, effortToBudget, nearestEffort } from '../../canonical/effort.ts'
import type { Effort } from '../../canonical/effort.ts'
import type { ReasoningRequest } from '../../canonical/request.ts'
import { JsonObjectWriter, scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ChatReasoningDialect } from '../dialect.ts'
import type { Encoding } from './encoding.ts'
import { hint, isMemberOf, ownFields } from './ext.ts'
import { REASONING_FIELDS, keptReasoning, readReasoningFields } from './reasoning-request.ts'
import type { ReasoningField } from './reasoning-request.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'

/** The fields that each kind of vendor reads. */
export const NATIVE_REASONING: Readonly<Record<ChatReasoningDialect['request'], readonly ReasoningField[]>> = {
  effort: ['reasoning_effort'],
  thinking: ['thinking', 'reasoning_effort'],
  'enable-thinking': ['enable_thinking', 'thinking_budget'],
  openrouter: ['reasoning', 'reasoning_effort'],
  template: ['chat_template_kwargs'],
  none: [],
}

/** How this vendor is asked to think as hard as the client wants. */
export function encodeReasoning(request: CanonicalRequest, encoding: Encoding): ReadonlyMap<string, JsonText> {
  const { reasoning } = request
  if (reasoning === null) return new Map()
  const kept = keptFields(request, encoding)
  if (kept !== null) return kept
  const { losses, dialect } = encoding.context
  for (const name of ownFields(request.ext)?.keys() ?? [])
    if (isMemberOf(REASONING_FIELDS, name)) losses.drop(name, 'not in the words of this vendor')
  if (reasoning.display !== null) losses.drop(encoding.source.display, 'no equivalent in OpenAI Chat')
  return WRITERS[dialect.reasoning.request](reasoning, new ReasoningTarget(encoding))
}

/** A Chat client's own fields, where they are this vendor's words and the model takes them; else null. */
function keptFields(request: CanonicalRequest, encoding: Encoding): ReadonlyMap<string, JsonText> | null {
  const noted = hint(request.ext, 'reasoning')
  if (noted === null || request.reasoning === null) return null
  const node = scanJson(noted)
  const kept = keptReasoning(node)
  const native: readonly string[] = NATIVE_REASONING[encoding.context.dialect.reasoning.request]
  if (![...kept.keys()].every((name) => native.includes(name))) return null
  const said = readReasoningFields((name) => node.get(name))
  const isSame = JSON.stringify(said) === JSON.stringify(request.reasoning)
  const { effort } = request.reasoning
  return isSame && (effort === null || new ReasoningTarget(encoding).efforts.includes(effort)) ? kept : null
}

/** What the vendor and the model take, and where to report the rest. */
class ReasoningTarget {
  readonly efforts: readonly Effort[]
  readonly #encoding: Encoding

  constructor(encoding: Encoding) {
    const { dialect, capabilities } = encoding.context
    this.efforts = dialect.reasoning.efforts.filter((effort) => capabilities.efforts.includes(effort))
    this.#encoding = encoding
  }

  /** The effort to send, or null where none is asked for or there is no such switch. */
  effort(reasoning: ReasoningRequest): Effort | null {
    const asked = askedEffort(reasoning)
    if (asked === null) return null
    const sent = nearestEffort(asked, this.efforts)
    const { source, context } = this.#encoding
    const field =
      reasoning.effort !== null ? source.effort : reasoning.budget !== null ? source.budget : source.thinking
    if (sent === null) {
      // A model without the switch does not think, which is what was asked for.
      if (asked !== 'none') context.losses.drop(field, 'this model has no efforts')
    } else if (sent !== asked || field === source.budget) {
      context.losses.substitute(
        field,
        `${field === source.budget ? 'budget' : `effort ${asked}`} sent as effort ${sent}`,
      )
    }
    if (reasoning.effort !== null && reasoning.budget !== null) this.loseBudget()
    return sent
  }

  loseBudget(): void {
    this.lose('budget', 'this vendor takes no budget')
  }

  lose(what: 'thinking' | 'budget' | 'effort', why: string): void {
    this.#encoding.context.losses.drop(this.#encoding.source[what], why)
  }

  substitute(what: 'thinking' | 'budget' | 'effort', why: string): void {
    this.#encoding.context.losses.substitute(this.#encoding.source[what], why)
  }
}

function askedEffort({ mode, effort, budget }: ReasoningRequest): Effort | null {
  if (mode === 'off') return 'none'
  return effort ?? (budget === null ? null : budgetToEffort(budget))
}

type Fields = ReadonlyMap<string, JsonText>

const WRITERS: Readonly<
  Record<ChatReasoningDialect['request'], (reasoning: ReasoningRequest, target: ReasoningTarget) => Fields>
> = {
  effort: (reasoning, target) => effortField(target.effort(reasoning)),

  thinking: (reasoning, target) => {
    const { mode } = reasoning
    if (mode === 'off') return new Map([['thinking', object({ type: 'disabled' })]])
    const effort = target.efforts.length === 0 ? null : target.effort(reasoning)
    if (target.efforts.length === 0 && reasoning.budget !== null) target.loseBudget()
    if (target.efforts.length === 0 && reasoning.effort !== null) target.lose('effort', 'this vendor has no efforts')
    if (mode === 'default' && effort !== null) return effortField(effort)
    return new Map([['thinking', object({ type: 'enabled' })], ...effortField(effort)])
  },

  'enable-thinking': (reasoning, target) => {
    const { mode, effort, budget } = reasoning
    if (mode === 'off') return new Map([['enable_thinking', toJsonText(false)]])
    const fields = new Map([['enable_thinking', toJsonText(true)]])
    if (budget === null && effort !== null) target.substitute('effort', 'sent as a budget of tokens')
    const tokens = budget ?? (effort === null ? null : effortToBudget(effort))
    if (tokens !== null) fields.set('thinking_budget', toJsonText(tokens))
    return fields
  },

  openrouter: (reasoning, target) => {
    const { mode, budget } = reasoning
    if (mode === 'off') return new Map([['reasoning', object({ enabled: false })]])
    const effort = budget !== null && reasoning.effort === null ? null : target.effort(reasoning)
    if (effort !== null) return new Map([['reasoning', object({ effort })]])
    return new Map([['reasoning', object(budget === null ? { enabled: true } : { max_tokens: budget })]])
  },

  template: (reasoning, target) => {
    if (reasoning.effort !== null && reasoning.mode !== 'off')
      target.lose('effort', 'this vendor can only switch thinking on and off')
    if (reasoning.budget !== null) target.loseBudget()
    return new Map([['chat_template_kwargs', object({ enable_thinking: reasoning.mode !== 'off' })]])
  },

  none: ({ mode, budget, effort }, target) => {
    if (effort !== null) target.lose('effort', 'this vendor has no switch for thinking')
    if (budget !== null) target.loseBudget()
    if (mode === 'off' || mode === 'on') target.lose('thinking', 'this vendor has no switch for thinking')
    return new Map()
  },
}

function effortField(effort: Effort | null): Map<string, JsonText> {
  return effort === null ? new Map() : new Map([['reasoning_effort', toJsonText(effort)]])
}

function object(members: Readonly<Record<string, string | number | boolean>>): JsonText {
  const writer = new JsonObjectWriter()
  for (const [name, value] of Object.entries(members)) writer.add(name, toJsonText(value))
  return writer.text
}
