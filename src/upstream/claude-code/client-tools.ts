import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from './values.ts'
import { asObject, asText, objectsIn } from './values.ts'

/** Name of the MCP server that stands for the client. */
export const CLIENT_SERVER = 'client'

/** What came of a call, as MCP has it. */
export interface ToolResult {
  readonly content: readonly JsonObject[]
  readonly isError: boolean
}

interface WaitingCall {
  readonly requestId: string
  readonly id: JsonValue
}

/**
 * The client's tools as an MCP server inside the program's control channel. A call waits until the client brings its
 * result; which may be there first, where it came back before the program got to the call.
 */
export class ClientTools {
  readonly #tools: readonly JsonObject[]
  readonly #reply: (requestId: string, message: JsonObject) => void
  readonly #waiting = new Map<string, WaitingCall>()
  readonly #results = new Map<string, ToolResult>()
  readonly #names: ReadonlySet<string>

  /** `reply` answers a control request. */
  constructor(tools: readonly JsonObject[], reply: (requestId: string, message: JsonObject) => void) {
    this.#tools = tools
    this.#reply = reply
    this.#names = new Set(tools.flatMap((tool) => asText(tool['name']) ?? []))
  }

  get size(): number {
    return this.#tools.length
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** A JSON-RPC message of the program, in the control request of that id. */
  receive(requestId: string, message: JsonObject): void {
    const { method, id = null } = message
    switch (method) {
      case 'initialize':
        this.#answer(requestId, id, {
          protocolVersion: asObject(message['params'])?.['protocolVersion'] ?? '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: CLIENT_SERVER, version: '1' },
        })
        return
      case 'tools/list':
        this.#answer(requestId, id, { tools: this.#tools.map(offered) })
        return
      case 'tools/call':
        this.#call(requestId, id, asObject(message['params']) ?? {})
        return
      default:
        // Notifications are acknowledged with an empty result too.
        this.#answer(requestId, id ?? 0, {})
    }
  }

  /** The client's result of the call with this id of the model's. */
  deliver(toolUseId: string, result: ToolResult): void {
    const call = this.#waiting.get(toolUseId)
    if (call === undefined) {
      this.#results.set(toolUseId, result)
      return
    }
    this.#waiting.delete(toolUseId)
    this.#answer(call.requestId, call.id, resultOf(result))
  }

  #call(requestId: string, id: JsonValue, params: JsonObject): void {
    if (!this.has(asText(params['name']) ?? '')) {
      this.#answer(
        requestId,
        id,
        resultOf({ content: [{ type: 'text', text: 'There is no such tool.' }], isError: true }),
      )
      return
    }
    const toolUseId = asText(asObject(params['_meta'])?.['claudecode/toolUseId']) ?? ''
    const result = this.#results.get(toolUseId)
    if (result === undefined) {
      this.#waiting.set(toolUseId, { requestId, id })
      return
    }
    this.#results.delete(toolUseId)
    this.#answer(requestId, id, resultOf(result))
  }

  #answer(requestId: string, id: JsonValue, result: JsonObject): void {
    this.#reply(requestId, { jsonrpc: '2.0', id, result })
  }
}

/** Read-only tools are called at the same time; whether they are, the client knows. */
function offered(tool: JsonObject): JsonObject {
  return {
    name: tool['name'] ?? '',
    description: tool['description'] ?? '',
    // The program takes no tool at all where one has a schema without it.
    inputSchema: { ...asObject(tool['input_schema']), type: 'object' },
    annotations: { readOnlyHint: true },
  }
}

function resultOf({ content, isError }: ToolResult): JsonObject {
  return { content: [...content], isError }
}

/**
 * The results in a user's message, by the call that they answer, if it holds nothing else, and nothing that the program
 * would not hand on as it is. Null otherwise.
 */
export function resultsIn(content: readonly JsonObject[]): ReadonlyMap<string, ToolResult> | null {
  const results = new Map<string, ToolResult>()
  for (const block of content) {
    const id = asText(block['tool_use_id'])
    const result = block['type'] === 'tool_result' ? resultIn(block) : null
    if (id === null || result === null) return null
    results.set(id, result)
  }
  return results.size === 0 ? null : results
}

function resultIn(block: JsonObject): ToolResult | null {
  const isError = block['is_error'] === true
  const { content } = block
  if (typeof content === 'string' && content !== '') return { content: [{ type: 'text', text: content }], isError }
  const blocks = objectsIn(content).map(mcpBlock)
  // The program would put words of its own in place of nothing, and leaves images out of errors.
  if (blocks.length === 0 || blocks.some((one) => one === null || (isError && one['type'] !== 'text'))) return null
  return { content: blocks.filter((one) => one !== null), isError }
}

function mcpBlock(block: JsonObject): JsonObject | null {
  if (block['type'] === 'text') return { type: 'text', text: block['text'] ?? '' }
  const source = asObject(block['source'])
  if (block['type'] !== 'image' || source?.['type'] !== 'base64') return null
  return { type: 'image', mimeType: source['media_type'] ?? '', data: source['data'] ?? '' }
}
