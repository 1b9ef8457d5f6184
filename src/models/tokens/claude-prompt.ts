import type { Part, ToolCallPart, ToolResultPart } from '../../canonical/content.ts'
import type { CanonicalRequest, Message, Tool } from '../../canonical/request.ts'
import type { JsonText, JsonValue } from '../../lib/json.ts'
import { decodeJsonString, parseJson } from '../../lib/json.ts'
import { claudeModel } from '../name.ts'
import { mediaTokens, opaqueTokens, sealedTokens, sum } from './prompt-size.ts'
import type { CountText } from './prompt-size.ts'

interface Overheads {
  /** The version from which these hold, as `ClaudeModel.version`. */
  readonly since: number
  /** Around the first message, the opening of the answer included. */
  readonly frame: number
  /** The system prompt with which the API explains tools to the model. */
  readonly tools: number
  /** The same where a call is forced. */
  readonly forcedTools: number
}

/**
 * What the API adds to a request. Frames as measured by the authors of the vocabulary (`data/NOTICE.md`); prompts for
 * tools as published: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
 */
const OVERHEADS: readonly Overheads[] = [
  { since: 500, frame: 6, tools: 354, forcedTools: 474 },
  { since: 408, frame: 6, tools: 290, forcedTools: 410 },
  { since: 407, frame: 11, tools: 675, forcedTools: 804 },
  { since: 405, frame: 7, tools: 497, forcedTools: 589 },
  { since: 400, frame: 7, tools: 313, forcedTools: 315 },
  { since: 307, frame: 7, tools: 346, forcedTools: 313 },
  { since: 0, frame: 7, tools: 264, forcedTools: 340 },
]
/** Around each message but the first. */
const MESSAGE = 3
/** What asking for thinking with a budget adds. */
const THINKING = 28
/** `<function_calls>`, `<invoke name="...">` and their ends, around the name of the tool. */
const CALL = 20
/** The tags around one argument's name and value. */
const ARGUMENT = 7
/** The tags around a result. */
const RESULT = 11
/** Tools of Anthropic's own, whose definitions nobody sees, as published on their pages. */
const OWN_TOOLS: readonly (readonly [string, number])[] = [
  ['bash_', 245],
  ['text_editor_', 700],
  ['computer_', 735],
]

/** Input tokens as Anthropic counts them. Exact for texts and tool definitions, near for calls and documents. */
export async function claudePromptTokens(request: CanonicalRequest, model: string, count: CountText): Promise<number> {
  const version = claudeModel(model)?.version ?? Infinity
  const overheads = OVERHEADS.find(({ since }) => version >= since)
  const { frame, tools, forcedTools } = overheads ?? { frame: 6, tools: 354, forcedTools: 474 }
  const forced = request.toolChoice?.type === 'required' || request.toolChoice?.type === 'tool'
  const keptThinking = version >= 405 ? 0 : lastQuestion(request.messages)
  const partTokens = (part: Part): Promise<number> | number => claudePartTokens(part, model, count)
  return (
    frame +
    (request.tools.length === 0 ? 0 : forced ? forcedTools : tools) +
    (request.reasoning?.mode === 'on' ? THINKING : 0) +
    Math.max(0, request.messages.length - 1) * MESSAGE +
    (await sum(request.instructions, partTokens)) +
    (await sum(request.tools, (tool) => toolTokens(tool, count))) +
    (request.outputFormat?.type === 'json-schema' ? await count(spaced(request.outputFormat.schema)) : 0) +
    (await sum([...request.messages.entries()], ([index, message]) =>
      sum(
        message.parts.filter((part) => part.kind !== 'reasoning' || index >= keptThinking),
        partTokens,
      ),
    ))
  )
}

/** Older models forget what they thought before the last question; results of tools are no question. */
function lastQuestion(messages: readonly Message[]): number {
  return messages.findLastIndex(
    ({ role, parts }) => role === 'user' && parts.some((part) => part.kind !== 'tool-result'),
  )
}

function claudePartTokens(part: Part, model: string, count: CountText): Promise<number> | number {
  switch (part.kind) {
    case 'text':
      return count(decodeJsonString(part.text))
    case 'reasoning': {
      const text = decodeJsonString(part.text)
      return text === '' ? sealedTokens(part) : count(text)
    }
    case 'media':
      return mediaTokens(part, model, count)
    case 'tool-call':
      return callTokens(part, count)
    case 'tool-result':
      return resultTokens(part, model, count)
    case 'opaque':
      return opaqueTokens(part, count)
    default:
      return part satisfies never
  }
}

async function callTokens({ name, input, invalid }: ToolCallPart, count: CountText): Promise<number> {
  const named = CALL + (await count(name))
  if (invalid) return named + (await count(decodeJsonString(input)))
  const value = parseJson(input)
  const fields = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
  return (
    named +
    (await sum(fields, async ([field, argument]) => {
      const text = typeof argument === 'string' ? argument : pythonJson(argument)
      return ARGUMENT + (await count(field)) + (await count(text))
    }))
  )
}

async function resultTokens({ content }: ToolResultPart, model: string, count: CountText): Promise<number> {
  return RESULT + (await sum(content, (part) => claudePartTokens(part, model, count)))
}

/** A tool stands in the prompt as JSON within tags, on a line of its own. */
function toolTokens(tool: Tool, count: CountText): Promise<number> | number {
  if (tool.kind === 'opaque') {
    const known = OWN_TOOLS.find(([type]) => tool.type.startsWith(type))
    return known === undefined ? count(spaced(tool.raw)) : known[1]
  }
  if (tool.deferred) return 0
  const description = tool.description === null ? '' : decodeJsonString(tool.description)
  const parameters = tool.inputSchema?.decode() ?? {}
  return count(`<function>${pythonJson({ description, name: tool.name, parameters })}</function>\n`)
}

function spaced(literal: JsonText): string {
  return pythonJson(parseJson(literal))
}

/** JSON with a blank behind each colon and comma, which is how it stands in the prompt. */
function pythonJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${pythonJson(member)}`)
  return `{${members.join(', ')}}`
}
