import type { JsonValue } from '../../lib/json.ts'
import type { Conversation, OfferedTool } from '../conversation.ts'
import { TurnList } from '../conversation.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, numberOf, objectOf, textOf } from '../json-object.ts'
import { tokensIn } from '../pieces.ts'
import { weigh } from '../weigh.ts'

/** What a body asks for that breaks no rule. */
export function readChatRequest(body: JsonObject): Conversation {
  const turns = new TurnList()
  for (const message of listOf(body['messages']) ?? []) readMessage(objectOf(message) ?? {}, turns)
  return {
    turns: turns.turns,
    tools: readTools(body),
    toolChoice: readToolChoice(body['tool_choice'] ?? body['function_call']),
    parallel: body['parallel_tool_calls'] !== false,
    schema: readSchema(objectOf(body['response_format'])),
    maxTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    stopSequences: readStop(body['stop']),
    showsThinking: true,
    choices: numberOf(body['n']) ?? 1,
    includeUsage: objectOf(body['stream_options'])?.['include_usage'] === true,
    inputTokens: tokensIn(weigh(body['messages']) + weigh(body['tools'] ?? body['functions'])),
  }
}

function readMessage(message: JsonObject, turns: TurnList): void {
  const role = message['role']
  if (role === 'tool' || role === 'function') {
    const id = textOf(message['tool_call_id']) ?? textOf(message['name']) ?? ''
    return turns.addResult(id, contentTexts(message['content']).join('\n'), false)
  }
  if (role !== 'user' && role !== 'assistant') return
  for (const text of contentTexts(message['content'])) turns.addText(role, text)
  for (const call of (listOf(message['tool_calls']) ?? []).map(objectOf)) {
    const called = objectOf(call?.['function']) ?? objectOf(call?.['custom'])
    turns.addCall(textOf(call?.['id']) ?? '', textOf(called?.['name']) ?? '')
  }
  const name = textOf(objectOf(message['function_call'])?.['name'])
  if (name !== null) turns.addCall(name, name)
}

function contentTexts(content: JsonValue | undefined): readonly string[] {
  if (typeof content === 'string') return [content]
  return (listOf(content) ?? []).map((part) => textOf(objectOf(part)?.['text'])).filter((text) => text !== null)
}

function readTools(body: JsonObject): readonly OfferedTool[] {
  const tools: OfferedTool[] = []
  for (const value of [...(listOf(body['tools']) ?? []), ...(listOf(body['functions']) ?? [])]) {
    const tool = objectOf(value)
    const custom = tool?.['type'] === 'custom'
    const definition = objectOf(tool?.['function']) ?? objectOf(tool?.['custom']) ?? tool
    const name = textOf(definition?.['name'])
    if (name !== null) tools.push({ name, schema: definition?.['parameters'] ?? {}, custom })
  }
  return tools
}

function readToolChoice(choice: JsonValue | undefined): Conversation['toolChoice'] {
  if (choice === 'none') return 'none'
  if (choice === 'required') return 'any'
  const named = objectOf(choice)
  const name = textOf((objectOf(named?.['function']) ?? objectOf(named?.['custom']) ?? named)?.['name'])
  return name === null ? 'auto' : { name }
}

function readSchema(format: JsonObject | null): JsonValue | null {
  if (format?.['type'] === 'json_object') return { type: 'object' }
  if (format?.['type'] !== 'json_schema') return null
  return objectOf(format['json_schema'])?.['schema'] ?? { type: 'object' }
}

function readStop(stop: JsonValue | undefined): readonly string[] {
  if (typeof stop === 'string') return [stop]
  return (listOf(stop) ?? []).filter((sequence) => typeof sequence === 'string')
}
