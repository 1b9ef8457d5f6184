import type { JsonValue } from '../lib/json.ts'
import { parseJson } from '../lib/json.ts'
import type { Answer, AnswerPart, MessageAnswer } from './answer.ts'
import { textAnswer } from './answer.ts'
import type { OfferedTool, ToolResult, Turn } from './conversation.ts'
import { objectOf } from './json-object.ts'
import type { SimulatorRequest } from './request.ts'
import { lastUserText } from './request.ts'
import { sampleValue } from './schema-sample.ts'

/** What a prompt tells a scripted agent to do in one answer. */
export type Directive =
  | { readonly type: 'call'; readonly name: string; readonly input: JsonValue }
  | { readonly type: 'say' | 'think'; readonly text: string }

/**
 * The answer that the prompt prescribes:
 *
 * - `[[call NAME {"argument": 1}]]` calls a tool, several of them at once; `#1` is the first tool, whatever its name;
 * - `[[say TEXT]]` and `[[think TEXT]]` make text and thinking;
 * - `[[then]]` ends one answer: what follows is done when the tool results are there.
 *
 * Without directives the agent answers JSON where a schema asks for it, calls a tool where one is forced, quotes tool
 * results, and otherwise repeats the last user text.
 */
export function agentAnswer(request: SimulatorRequest): Answer {
  const { turns } = request
  const at = turns.findLastIndex((turn) => turn.role === 'user' && isTask(turn))
  const steps = stepsOf(turns[at]?.texts ?? [], request.parallel)
  const done = turns.slice(at + 1).filter((turn) => turn.calls.size > 0).length
  const step = steps[done]
  const results = turns.at(-1)?.results ?? []
  // A title generator's prompt quotes the user's prompt, directives and all, but offers no tools.
  if (request.schema !== null && !mayCall(request, step)) return jsonAnswer(request)
  if (step !== undefined) return stepAnswer(request, step)
  if (results.length > 0) return quoteResults(results)
  if (request.toolChoice === 'any' || typeof request.toolChoice === 'object') return callTools(request, 1)
  return textAnswer(lastUserText(turns))
}

/** The turn that set the task: reminders beside tool results do not. */
function isTask(turn: Turn): boolean {
  return turn.results.length === 0 || turn.texts.some((text) => parseDirectives(text).length > 0)
}

function mayCall(request: SimulatorRequest, step: readonly Directive[] | undefined): boolean {
  return request.tools.length > 0 && (step ?? []).some(({ type }) => type === 'call')
}

function stepAnswer(request: SimulatorRequest, step: readonly Directive[]): MessageAnswer {
  return { kind: 'message', parts: step.map((directive) => directivePart(request, directive)) }
}

function directivePart({ toolChoice, tools }: SimulatorRequest, directive: Directive): AnswerPart {
  if (directive.type !== 'call') return { type: directive.type === 'say' ? 'text' : 'thinking', text: directive.text }
  const { input, name } = directive
  if (toolChoice === 'none') return { type: 'text', text: `Tools may not be called, so ${name} was not.` }
  const tool = findTool(tools, name)
  if (tool !== null) return callPart(tool, input)
  const offered = tools.map((known) => known.name).join(', ') || 'none'
  return { type: 'text', text: `There is no tool ${name} in the request; there are: ${offered}.` }
}

function findTool(tools: readonly OfferedTool[], name: string): OfferedTool | null {
  const position = /^#(\d+)$/.exec(name)?.[1]
  const tool = position === undefined ? tools.find((offered) => offered.name === name) : tools[Number(position) - 1]
  return tool ?? null
}

function callPart(tool: OfferedTool, input: JsonValue): AnswerPart {
  // A custom tool takes one text: the directive gives it as `{"input": "..."}`.
  const text = tool.custom ? (objectOf(input)?.['input'] ?? input) : input
  return { type: 'tool-call', name: tool.name, input: text, custom: tool.custom }
}

/** Calls the first tools, or the one that is forced, with arguments that their schemas allow. */
export function callTools(request: SimulatorRequest, count: number): MessageAnswer {
  const { toolChoice, tools } = request
  const forced = typeof toolChoice === 'object' ? findTool(tools, toolChoice.name) : null
  const first = forced ?? tools[0]
  if (first === undefined || toolChoice === 'none') return textAnswer('The request offers no tool to call.')
  const wanted = request.parallel ? count : 1
  const chosen = Array.from({ length: wanted }, (_, index) => (forced === null ? (tools[index] ?? first) : first))
  return { kind: 'message', parts: chosen.map((tool) => callPart(tool, sampleArguments(tool))) }
}

function sampleArguments({ custom, schema }: OfferedTool): JsonValue {
  const sample = sampleValue(schema)
  return custom || objectOf(sample) !== null ? sample : {}
}

export function quoteResults(results: readonly ToolResult[]): MessageAnswer {
  const lines = results.map(({ name, text, isError }) => `${name} ${isError ? 'failed' : 'returned'}: ${text}`)
  return textAnswer(lines.join('\n'))
}

export function jsonAnswer(request: SimulatorRequest): MessageAnswer {
  return textAnswer(JSON.stringify(sampleValue(request.schema ?? { type: 'object' })))
}

/** The directives of the texts, one list for each answer. */
function stepsOf(texts: readonly string[], parallel: boolean): readonly (readonly Directive[])[] {
  const steps: Directive[][] = [[]]
  for (const item of texts.flatMap(parseDirectives)) {
    const current = steps.at(-1) ?? []
    const isSecondCall = item !== 'then' && item.type === 'call' && current.some(({ type }) => type === 'call')
    if (item === 'then') steps.push([])
    else if (isSecondCall && !parallel) steps.push([item])
    else current.push(item)
  }
  return steps.filter((step) => step.length > 0)
}

const OPENING = /\[\[(?:(call)\s+([^\s\]]+)\s*|(say|think)\s+|(then)\s*\]\])/g

/** The directives in one text, in their order. What does not read as one is plain text. */
export function parseDirectives(text: string): readonly (Directive | 'then')[] {
  const directives: (Directive | 'then')[] = []
  for (const match of text.matchAll(OPENING)) {
    const rest = text.slice(match.index + match[0].length)
    const [, call, name = '', speech, then] = match
    if (then !== undefined) directives.push('then')
    else if (call !== undefined) {
      const input = readArguments(rest)
      if (input !== null) directives.push({ type: 'call', name, input })
    } else {
      const end = rest.indexOf(']]')
      if (end !== -1) directives.push({ type: speech === 'say' ? 'say' : 'think', text: rest.slice(0, end) })
    }
  }
  return directives
}

/** The JSON in front of `]]`: since JSON may hold `]]` itself, the first end behind which it parses counts. */
function readArguments(text: string): JsonValue | null {
  for (let end = text.indexOf(']]'); end !== -1; end = text.indexOf(']]', end + 1)) {
    const candidate = text.slice(0, end).trim()
    if (candidate === '') return {}
    try {
      return parseJson(candidate)
    } catch {
      continue
    }
  }
  return null
}
