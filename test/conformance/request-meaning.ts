import type { MediaPart, Part, ToolCallPart, ToolResultPart } from '../../src/canonical/content.ts'
import type { CanonicalRequest, Message, OutputFormat, ReasoningRequest, Tool } from '../../src/canonical/request.ts'
import { scanJson } from '../../src/lib/json.ts'
import type { JsonText } from '../../src/lib/json.ts'
import { comparable } from '../support/comparable-json.ts'

/**
 * What a request means, whatever protocol it came in: two requests that ask for the same have the same meaning. That is a
 * projection of the canonical form, in which is left out, with the reason:
 *
 * - `ext`: what only one protocol can say is compared with the losses that are reported for it, not here.
 * - where messages begin and end: Chat has a message for each tool result, Messages one for all; neighbours of one role are
 *   one turn. Results stand in the order of their calls, in front of what else the user says: Chat vendors insist on that.
 * - the ids of tool calls: each vendor takes its own; what counts is which result belongs to which call.
 * - reasoning: sealed by one vendor and never shown to another; the client keeps it (cases 43 to 46).
 * - that a tool failed, as a flag: Chat says it in the result, as `Error: `.
 * - how a text is cut into blocks, and the blank lines where it was: Chat has one text for an assistant's turn.
 * - `adaptive` thinking: it says no more than that the model decides, which is what happens where nothing is said.
 * - who the user is: others are told a hash (case 71).
 * - settings that say the default, of both protocols: a vendor that refuses one while a model thinks is not told it.
 * - what Claude Code says of itself to who bills it (case 70), and tools that no search has named yet (case 64).
 * - what a schema gets because a vendor insists on it: `type`, `properties`, `additionalProperties` where nothing was said.
 */
export interface Meaning {
  readonly instructions: unknown
  readonly turns: readonly TurnMeaning[]
  readonly tools: unknown
  readonly toolChoice: unknown
  readonly parallelToolCalls: unknown
  readonly maxOutputTokens: unknown
  readonly sampling: unknown
  readonly stop: unknown
  readonly effort: unknown
  readonly outputFormat: unknown
  readonly stream: unknown
}

type TurnMeaning =
  | { readonly role: 'user'; readonly shown: readonly unknown[] }
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly unknown[] }
  | { readonly role: 'results'; readonly results: readonly unknown[] }

const DEFAULTS: Readonly<Record<string, number>> = { temperature: 1, topP: 1 }

export function meaningOf(request: CanonicalRequest): Meaning {
  const functions = request.tools.filter((tool) => tool.kind === 'function' && !tool.deferred)
  // Where there is nothing to call there is nothing to choose.
  const chooses = functions.length > 0
  return {
    instructions: request.instructions.map(textOf).filter((text) => !text.startsWith('x-anthropic-billing-header:')),
    turns: turnsOf(request.messages),
    tools: functions.map(toolMeaning),
    toolChoice: chooses ? (request.toolChoice ?? { type: 'auto' }) : null,
    parallelToolCalls: chooses && request.toolChoice !== null ? (request.parallelToolCalls ?? true) : null,
    maxOutputTokens: request.maxOutputTokens,
    sampling: Object.entries(request.sampling).filter(
      ([name, value]) => value !== null && Number(value) !== DEFAULTS[name],
    ),
    stop: request.stop,
    effort: effortOf(request.reasoning),
    outputFormat: formatMeaning(request.outputFormat),
    stream: request.stream,
  }
}

function effortOf(reasoning: ReasoningRequest | null): unknown {
  if (reasoning === null) return null
  return reasoning.mode === 'off' ? 'none' : reasoning.effort
}

function turnsOf(messages: readonly Message[]): readonly TurnMeaning[] {
  const turns: TurnMeaning[] = []
  let calls: readonly ToolCallPart[] = []
  let answers: ToolResultPart[] = []
  let shown: unknown[] = []
  const endUser = (): void => {
    const order = calls.map(({ id }) => id)
    answers.sort((a, b) => order.indexOf(a.callId) - order.indexOf(b.callId))
    if (answers.length > 0)
      turns.push({ role: 'results', results: answers.map((answer) => resultMeaning(answer, order)) })
    if (shown.length > 0) turns.push({ role: 'user', shown })
    answers = []
    shown = []
  }
  for (const { role, parts } of messages) {
    if (role === 'user') {
      answers.push(...parts.filter((part) => part.kind === 'tool-result'))
      shown.push(...parts.filter((part) => part.kind !== 'tool-result').map(shownMeaning))
      continue
    }
    endUser()
    if (role === 'system') turns.push({ role, text: parts.map(textOf).join('') })
    else {
      calls = parts.filter((part) => part.kind === 'tool-call')
      const text = parts.map(textOf).join('').replaceAll('\n', '')
      turns.push({ role, text, calls: calls.map(({ name, input }) => [name, comparable(input)]) })
    }
  }
  endUser()
  return turns
}

function textOf(part: Part): string {
  return part.kind === 'text' ? (scanJson(part.text).string ?? '') : ''
}

function shownMeaning(part: Part): unknown {
  return part.kind === 'media' ? mediaMeaning(part) : textOf(part)
}

function mediaMeaning({ media, source }: MediaPart): unknown {
  switch (source.type) {
    case 'base64':
    case 'text':
      return [media, source.mediaType, scanJson(source.data).string]
    case 'url':
      return [media, scanJson(source.url).string]
    case 'file':
      return [media, scanJson(source.id).string]
    default:
      return source satisfies never
  }
}

function resultMeaning({ callId, content, isError }: ToolResultPart, order: readonly string[]): unknown {
  const text = content.map(textOf).join('\n\n')
  return [
    order.indexOf(callId),
    isError ? `Error: ${text}` : text,
    content.filter(({ kind }) => kind === 'media').map(shownMeaning),
  ]
}

function toolMeaning(tool: Tool): unknown {
  if (tool.kind === 'opaque') return tool
  const { name, description, inputSchema, strict } = tool
  return {
    name,
    description: description === null ? null : scanJson(description).string,
    schema: schemaMeaning(inputSchema?.raw ?? null),
    strict: strict === true,
  }
}

function schemaMeaning(schema: JsonText | null): Record<string, unknown> {
  const said = schema === null ? {} : comparable(schema)
  const { additionalProperties, ...rest }: Record<string, unknown> = { type: 'object', properties: {}, ...Object(said) }
  // False is what a vendor that is strict insists on.
  return additionalProperties === undefined || additionalProperties === false ? rest : { ...rest, additionalProperties }
}

function formatMeaning(format: OutputFormat | null): unknown {
  if (format?.type !== 'json-schema') return format?.type ?? null
  // What an answer is for has its own field in Chat, and its place in the schema elsewhere.
  return { ...schemaMeaning(format.schema), description: null }
}
