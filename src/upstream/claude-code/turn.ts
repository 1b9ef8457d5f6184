import type { Headers } from '../../lib/headers.ts'
import type { JsonValue } from '../../lib/json.ts'
import { parseJson } from '../../lib/json.ts'
import type { Refusal } from './errors.ts'
import { refusal } from './errors.ts'
import type { JsonObject } from './values.ts'
import { asList, asObject, asText, objectsIn } from './values.ts'
import type { Wishes } from './wishes.ts'
import { readWishes } from './wishes.ts'

export interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly JsonObject[]
}

/** A request of the Messages API, as far as the program has to be told of it. */
export interface Turn {
  readonly model: string
  readonly stream: boolean
  readonly system: readonly string[]
  /** Tools of the client, with `name`, `description` and `input_schema`. */
  readonly tools: readonly JsonObject[]
  /** What was said before, in turns. */
  readonly history: readonly Message[]
  /** What is said now, by the user. */
  readonly content: readonly JsonObject[]
  /** All other members: they reach the vendor as they are. */
  readonly sampling: JsonObject
  readonly wishes: Wishes
}

/** Said to the program in other ways, or its own to say: the user's id is that of its login. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set(['model', 'messages', 'system', 'tools', 'stream', 'metadata'])

/** What the vendor takes. The program would make such a name of any other, and the client would not know it again. */
const TOOL_NAME = /^[A-Za-z0-9_-]{1,128}$/

/** The request in this body, or why the program cannot be asked that. */
export function readTurn(body: Buffer | string | null, headers: Headers): Turn | Refusal {
  const request = requestIn(body)
  const model = asText(request?.['model'])
  if (request === null || model === null) return refusal(400, 'The request is not a JSON object with a "model".')
  // It stands on a command line.
  if (!/^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/.test(model)) return refusal(400, 'model: not a name that Claude Code takes')
  const wishes = readWishes(headers)
  if ('status' in wishes) return wishes
  const foreign = objectsIn(request['tools']).find((tool) => (asText(tool['type']) ?? 'custom') !== 'custom')
  if (foreign !== undefined) {
    return refusal(400, `tools: Claude Code cannot be given the tool type ${JSON.stringify(foreign['type'])}`)
  }
  const unnamed = objectsIn(request['tools']).find((tool) => !TOOL_NAME.test(asText(tool['name']) ?? ''))
  if (unnamed !== undefined)
    return refusal(400, `tools: no name for a tool: ${JSON.stringify(unnamed['name'] ?? null)}`)
  const messages = joined(objectsIn(request['messages']).map(messageOf))
  const last = messages.at(-1)
  if (last?.role !== 'user') return refusal(400, 'messages: Claude Code cannot go on with an answer that is begun')
  return {
    model,
    stream: request['stream'] === true,
    system: textsIn(request['system']),
    tools: objectsIn(request['tools']),
    history: messages.slice(0, -1),
    content: last.content,
    sampling: Object.fromEntries(Object.entries(request).filter(([name]) => !TOLD_OTHERWISE.has(name))),
    wishes,
  }
}

function requestIn(body: Buffer | string | null): JsonObject | null {
  try {
    return asObject(parseJson(body?.toString() ?? ''))
  } catch {
    return null
  }
}

/** The program knows two roles. A system message between them is given to it as it gives such notes to a model itself. */
function messageOf(message: JsonObject): Message {
  const content = blocksOf(message['content'])
  if (message['role'] === 'assistant') return { role: 'assistant', content }
  if (message['role'] !== 'system') return { role: 'user', content }
  return {
    role: 'user',
    content: content.map((block) => {
      const said = asText(block['text'])
      return said === null ? block : { ...block, text: `<system-reminder>\n${said}\n</system-reminder>` }
    }),
  }
}

/** Messages of one role in a row are one: the vendor reads them so. */
function joined(messages: readonly Message[]): readonly Message[] {
  const turns: { readonly role: Message['role']; readonly content: JsonObject[] }[] = []
  for (const { role, content } of messages) {
    const before = turns.at(-1)
    if (before?.role === role) for (const block of content) before.content.push(block)
    else turns.push({ role, content: [...content] })
  }
  return turns
}

function blocksOf(content: JsonValue | undefined): readonly JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return objectsIn(content).map(unmarked)
}

/** Where a prompt cache begins is the program's to say, and the vendor takes only so many marks. */
function unmarked({ cache_control: _mark, ...block }: JsonObject): JsonObject {
  const { content } = block
  return Array.isArray(content) ? { ...block, content: objectsIn(content).map(unmarked) } : block
}

function textsIn(system: JsonValue | undefined): readonly string[] {
  if (typeof system === 'string') return [system]
  return asList(system).flatMap((block) => asText(asObject(block)?.['text']) ?? [])
}
