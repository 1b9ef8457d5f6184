import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest, Message, Tool } from '../../canonical/request.ts'
import type { JsonValue } from '../../lib/json.ts'
import { decodeJsonString } from '../../lib/json.ts'
import { mediaTokens, opaqueTokens, sum } from './prompt-size.ts'
import type { CountText } from './prompt-size.ts'

/** The opening of the answer. */
const FRAME = 3
/** Around each message, its role included. */
const MESSAGE = 4
/** Around a tool call's name and arguments. */
const CALL = 8

/**
 * Input tokens as OpenAI counts them; other vendors of Chat are near. Tools stand in the prompt as TypeScript declarations.
 * https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
 */
export async function chatPromptTokens(request: CanonicalRequest, model: string, count: CountText): Promise<number> {
  const partTokens = (part: Part): Promise<number> | number => chatPartTokens(part, model, count)
  const system = request.instructions.length === 0 ? 0 : MESSAGE + (await sum(request.instructions, partTokens))
  const schema = request.outputFormat?.type === 'json-schema' ? await count(request.outputFormat.schema) : 0
  const messages = await sum(
    request.messages,
    async (message) => (await frameTokens(message, count)) + (await sum(message.parts, partTokens)),
  )
  return FRAME + system + schema + messages + (await toolsTokens(request.tools, count))
}

/** Each result of a tool is a message of its own. */
async function frameTokens({ parts, name }: Message, count: CountText): Promise<number> {
  const results = parts.filter(({ kind }) => kind === 'tool-result').length
  const messages = results < parts.length || results === 0 ? results + 1 : results
  return MESSAGE * messages + (name === null ? 0 : 1 + (await count(name)))
}

async function chatPartTokens(part: Part, model: string, count: CountText): Promise<number> {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return count(decodeJsonString(part.text))
    case 'media':
      return mediaTokens(part, model, count)
    case 'tool-call':
      return CALL + (await count(part.name)) + (await count(part.invalid ? decodeJsonString(part.input) : part.input))
    case 'tool-result':
      return sum(part.content, (item) => chatPartTokens(item, model, count))
    case 'opaque':
      return opaqueTokens(part, count)
    default:
      return part satisfies never
  }
}

async function toolsTokens(tools: readonly Tool[], count: CountText): Promise<number> {
  if (tools.length === 0) return 0
  const declarations = tools.map((tool) => (tool.kind === 'opaque' ? tool.raw : declaration(tool)))
  const text = `# Tools\n\n## functions\n\nnamespace functions {\n\n${declarations.join('\n\n')}\n\n} // namespace functions`
  return MESSAGE + (await count(text))
}

function declaration(tool: Tool & { readonly kind: 'function' }): string {
  const comment = tool.description === null ? '' : `${commented(decodeJsonString(tool.description))}\n`
  const schema = tool.inputSchema?.decode() ?? {}
  const parameters = object(schema)['properties'] === undefined ? '' : `_: ${typeOf(schema)}`
  return `${comment}type ${tool.name} = (${parameters}) => any;`
}

function typeOf(schema: JsonValue): string {
  const { type, enum: values, properties, required, items, anyOf, oneOf } = object(schema)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : null
  if (choices !== null) return choices.map((choice) => typeOf(choice)).join(' | ')
  if (properties !== undefined) return objectType(object(properties), Array.isArray(required) ? required : [])
  if (type === 'array') return `${items === undefined ? 'any' : typeOf(items)}[]`
  if (Array.isArray(type)) return type.map((one) => typeOf({ type: one })).join(' | ')
  return typeof type === 'string' ? (type === 'integer' ? 'number' : type) : 'any'
}

function objectType(properties: JsonObject, required: readonly JsonValue[]): string {
  const members = Object.entries(properties).map(([name, schema = null]) => {
    const { description } = object(schema)
    const comment = typeof description === 'string' ? `${commented(description)}\n` : ''
    return `${comment}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)},`
  })
  return `{\n${members.join('\n')}\n}`
}

function commented(text: string): string {
  return text.replaceAll(/^/gm, '// ')
}

type JsonObject = { readonly [name: string]: JsonValue | undefined }

function object(value: JsonValue): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}
