import type { Json } from './harness.ts'

/** The bytes of Anthropic Messages vendors, https://docs.anthropic.com/en/api/messages-streaming. */

export function event(data: Json): string {
  return `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`
}

const HEAD = { id: 'msg_01Far', type: 'message', role: 'assistant', model: 'claude-sonnet-5' }

/** 60 fresh tokens, 40 read from the cache, 10 written to it, 20 in the answer. */
export const USAGE: Json = {
  input_tokens: 60,
  cache_creation_input_tokens: 10,
  cache_read_input_tokens: 40,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 0 },
  output_tokens: 20,
  service_tier: 'standard',
}

export const START = event({
  type: 'message_start',
  message: { ...HEAD, content: [], stop_reason: null, stop_sequence: null, usage: { ...USAGE, output_tokens: 1 } },
})
export const PING = event({ type: 'ping' })
export const STOP = event({ type: 'message_stop' })

export const blockStart = (index: number, block: Json): string =>
  event({ type: 'content_block_start', index, content_block: block })
export const blockDelta = (index: number, delta: Json): string => event({ type: 'content_block_delta', index, delta })
export const blockStop = (index: number): string => event({ type: 'content_block_stop', index })

export const messageDelta = (delta: Json, root: Json = {}): string =>
  event({ type: 'message_delta', delta: { stop_sequence: null, ...delta }, usage: { output_tokens: 20 }, ...root })

/** The events of these blocks, each in two or more deltas as the real one writes them. */
export function blockEvents(blocks: readonly Json[]): string[] {
  return blocks.flatMap((block, index) => [
    blockStart(index, opening(block)),
    ...deltasOf(block).map((delta) => blockDelta(index, delta)),
    blockStop(index),
  ])
}

/** A stream from `message_start` to `message_stop`. */
export function messagesStream(blocks: readonly Json[], stopReason: string, delta: Json = {}): readonly string[] {
  return [START, PING, ...blockEvents(blocks), messageDelta({ stop_reason: stopReason, ...delta }), STOP]
}

/** The whole answer with these blocks. */
export function message(blocks: readonly Json[], stopReason: string, root: Json = {}): Json {
  return { ...HEAD, content: blocks, stop_reason: stopReason, stop_sequence: null, usage: USAGE, ...root }
}

/** Both forms of one answer. */
export function answer(
  blocks: readonly Json[],
  stopReason = 'end_turn',
  root: Json = {},
): { stream: readonly string[]; whole: Json } {
  return { stream: messagesStream(blocks, stopReason, root), whole: message(blocks, stopReason, root) }
}

function opening(block: Json): Json {
  switch (block['type']) {
    case 'text': {
      const { citations: _, ...rest } = block
      return { ...rest, text: '' }
    }
    case 'thinking':
      return { ...block, thinking: '', signature: '' }
    case 'tool_use':
    case 'server_tool_use':
      return { ...block, input: {} }
    default:
      return block
  }
}

function deltasOf(block: Json): Json[] {
  switch (block['type']) {
    case 'text': {
      const citations = (block['citations'] ?? []) as Json[]
      return [
        ...citations.map((citation) => ({ type: 'citations_delta', citation })),
        ...halves(block['text']).map((text) => ({ type: 'text_delta', text })),
      ]
    }
    case 'thinking':
      return [
        ...halves(block['thinking']).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block['signature'] },
      ]
    case 'tool_use':
    case 'server_tool_use':
      return inputPieces(block['input']).map((json) => ({ type: 'input_json_delta', partial_json: json }))
    default:
      return []
  }
}

/** An empty piece comes first, and nothing else where there is no input. */
function inputPieces(input: unknown): string[] {
  const json = JSON.stringify(input)
  return json === '{}' ? [''] : ['', ...halves(json)]
}

/** Cut in the middle, though never inside a character. */
function halves(value: unknown): string[] {
  const characters = Array.from(String(value))
  const middle = Math.ceil(characters.length / 2)
  return [characters.slice(0, middle), characters.slice(middle)]
    .map((half) => half.join(''))
    .filter((half) => half !== '')
}
