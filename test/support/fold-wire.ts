import type { ReceivedEvent } from './read-sse.ts'
import { jsonEvents } from './read-sse.ts'

type Json = Record<string, unknown>

/** The message that an Anthropic stream stands for: what the same request gets without `stream`. */
export function foldMessagesStream(events: readonly ReceivedEvent[]): Json {
  let message: Json = {}
  const content: Json[] = []
  const inputs = new Map<number, string>()
  for (const event of jsonEvents<Json>(events)) {
    const index = event['index'] as number
    if (event['type'] === 'message_start') message = { ...(event['message'] as Json) }
    if (event['type'] === 'content_block_start') content[index] = { ...(event['content_block'] as Json) }
    if (event['type'] === 'content_block_delta') foldDelta(content[index] ?? {}, event['delta'] as Json, inputs, index)
    if (event['type'] === 'message_delta') {
      const { type: _, delta, usage, ...beside } = event
      message = {
        ...message,
        ...(delta as Json),
        ...beside,
        usage: { ...(message['usage'] as Json), ...(usage as Json) },
      }
    }
  }
  for (const [index, json] of inputs) if (json !== '') Object.assign(content[index] ?? {}, { input: JSON.parse(json) })
  return { ...message, content }
}

const DELTA_FIELDS: Readonly<Record<string, string>> = { text_delta: 'text', thinking_delta: 'thinking' }

function foldDelta(block: Json, delta: Json, inputs: Map<number, string>, index: number): void {
  const type = String(delta['type'])
  const field = DELTA_FIELDS[type]
  if (field !== undefined) block[field] = String(block[field]) + String(delta[field])
  if (type === 'citations_delta') block['citations'] = [...((block['citations'] ?? []) as Json[]), delta['citation']]
  if (type === 'signature_delta') block['signature'] = delta['signature']
  if (type === 'input_json_delta') inputs.set(index, (inputs.get(index) ?? '') + String(delta['partial_json']))
}

/** The completion that a Chat stream stands for: what the same request gets without `stream`. */
export function foldChatStream(events: readonly ReceivedEvent[]): Json {
  let completion: Json = {}
  const choices: Json[] = []
  let usage: unknown
  for (const chunk of jsonEvents<Json>(events)) {
    // Azure says this of the prompt in one chunk of the stream.
    const filtered = chunk['prompt_filter_results'] ?? completion['prompt_filter_results']
    completion = filtered === undefined ? chunk : { ...chunk, prompt_filter_results: filtered }
    usage = chunk['usage'] ?? usage
    for (const choice of chunk['choices'] as Json[]) foldChoice(choices, choice)
  }
  const whole = { ...completion, object: 'chat.completion', choices }
  return usage === undefined ? whole : { ...whole, usage }
}

function foldChoice(choices: Json[], { delta, ...choice }: Json): void {
  const at = choice['index'] as number
  const message = (choices[at]?.['message'] ?? { annotations: [] }) as Json
  merge(message, delta as Json)
  choices[at] = { ...choice, message }
}

/** Texts grow, lists grow by their items' `index`, everything else is said once. */
function merge(target: Json, delta: Json): void {
  for (const [name, value] of Object.entries(delta)) {
    const known = target[name]
    if (Array.isArray(value)) target[name] = mergeList((known ?? []) as Json[], value as Json[], name === 'tool_calls')
    else if (typeof value === 'object' && value !== null) {
      const nested = (known ?? {}) as Json
      merge(nested, value as Json)
      target[name] = nested
    } else if (typeof value === 'string' && typeof known === 'string' && GROWING.has(name)) target[name] = known + value
    else if (value !== null || known === undefined) target[name] = value
  }
}

const GROWING = new Set(['content', 'refusal', 'reasoning', 'reasoning_content', 'arguments', 'input', 'text'])

function mergeList(known: Json[], items: readonly Json[], dropIndex: boolean): Json[] {
  for (const item of items) {
    const { index, ...rest } = item
    // Items of a list that comes whole have no index.
    const at = (index as number | undefined) ?? known.length
    const target = known[at] ?? (dropIndex || index === undefined ? {} : { index })
    merge(target, rest)
    known[at] = target
  }
  return known
}
