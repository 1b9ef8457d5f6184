import type { JsonValue } from '../../lib/json.ts'
import type { Conversation, OfferedTool } from '../conversation.ts'
import { TurnList } from '../conversation.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, numberOf, objectOf, textOf } from '../json-object.ts'
import { tokensIn } from '../pieces.ts'
import { weigh } from '../weigh.ts'

/** What a body asks for that breaks no rule. */
export function readMessagesRequest(body: JsonObject): Conversation {
  const turns = new TurnList()
  for (const message of listOf(body['messages']) ?? []) readMessage(objectOf(message) ?? {}, turns)
  const choice = objectOf(body['tool_choice'])
  const output = objectOf(objectOf(body['output_config'])?.['format']) ?? objectOf(body['output_format'])
  return {
    turns: turns.turns,
    tools: readTools(body['tools']),
    toolChoice: readToolChoice(choice),
    parallel: choice?.['disable_parallel_tool_use'] !== true,
    schema: output?.['schema'] ?? null,
    maxTokens: numberOf(body['max_tokens']),
    stopSequences: (listOf(body['stop_sequences']) ?? []).filter((sequence) => typeof sequence === 'string'),
    showsThinking: objectOf(body['thinking'])?.['display'] !== 'omitted',
    choices: 1,
    includeUsage: true,
    inputTokens: tokensIn(weigh(body['system']) + weigh(body['messages']) + weigh(body['tools'])),
  }
}

function readMessage(message: JsonObject, turns: TurnList): void {
  const role = message['role']
  if (role !== 'user' && role !== 'assistant') return
  const content = message['content']
  if (typeof content === 'string') return turns.addText(role, content)
  for (const block of (listOf(content) ?? []).map(objectOf)) {
    if (block === null) continue
    const id = textOf(block['id']) ?? ''
    if (block['type'] === 'text') turns.addText(role, textOf(block['text']) ?? '')
    else if (block['type'] === 'tool_use') turns.addCall(id, textOf(block['name']) ?? '')
    else if (block['type'] === 'tool_result') {
      turns.addResult(textOf(block['tool_use_id']) ?? '', contentText(block['content']), block['is_error'] === true)
    }
  }
}

/** The text of a tool result; what is not text is named by its type. */
function contentText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return (listOf(content) ?? [])
    .map((item) => {
      const block = objectOf(item)
      return textOf(block?.['text']) ?? `[${textOf(block?.['type']) ?? 'unknown'}]`
    })
    .join('\n')
}

const BASH_SCHEMA: JsonValue = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] }

/** Tools that the client runs, those first whose definition the model sees at once. */
function readTools(tools: JsonValue | undefined): readonly OfferedTool[] {
  const visible: OfferedTool[] = []
  const deferred: OfferedTool[] = []
  for (const tool of (listOf(tools) ?? []).map(objectOf)) {
    const name = textOf(tool?.['name'])
    if (tool === null || name === null) continue
    const schema = tool['input_schema'] ?? (textOf(tool['type'])?.startsWith('bash_') ? BASH_SCHEMA : undefined)
    if (schema === undefined) continue
    const list = tool['defer_loading'] === true ? deferred : visible
    list.push({ name, schema, custom: false })
  }
  return [...visible, ...deferred]
}

function readToolChoice(choice: JsonObject | null): Conversation['toolChoice'] {
  const type = choice?.['type']
  if (type === 'tool') return { name: textOf(choice?.['name']) ?? '' }
  return type === 'any' || type === 'none' ? type : 'auto'
}
