import { sha256 } from '../../lib/hash.ts'
import type { Headers } from '../../lib/headers.ts'
import { scanJsonBytes } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { Envelope, PeekOptions, RequestTarget, RequestTraits } from '../protocol.ts'
import { bodyError, invalid } from './invalid.ts'

/** Reads what routing needs to know from the bytes of a request. */
export function peek(body: Buffer, target: RequestTarget, options: PeekOptions): Envelope {
  try {
    const root = scanJsonBytes(body, options)
    if (root.kind !== 'object') throw invalid('must be an object', 'body')
    const streamOptions = root.get('stream_options')
    return {
      protocol: 'openai-chat',
      target,
      body,
      root,
      model: modelOf(root),
      stream: root.get('stream')?.boolean === true,
      includeUsage: streamOptions?.get('include_usage')?.boolean === true,
      traits: traitsOf(root, target.headers),
    }
  } catch (thrown) {
    throw bodyError(thrown)
  }
}

function modelOf(root: JsonNode): string {
  const model = root.get('model')
  if (model?.kind !== 'string') throw invalid(model === undefined ? 'is missing' : 'must be a string', 'model')
  const name = model.string ?? ''
  if (name === '') throw invalid('must not be empty', 'model')
  return name
}

function traitsOf(root: JsonNode, headers: Headers): RequestTraits {
  const messages = root.get('messages')
  if (messages?.kind !== 'array') throw invalid(messages === undefined ? 'is missing' : 'must be an array', 'messages')
  const count = new ContentCount()
  for (const message of messages.items) count.message(message)
  const tools = root.get('tools') ?? root.get('functions')
  const limit = (root.get('max_completion_tokens') ?? root.get('max_tokens'))?.number
  return {
    thinking: asksToThink(root),
    images: count.images > 0,
    documents: count.documents > 0,
    tools: (tools?.items.length ?? 0) > 0,
    webSearch: asksToSearch(root),
    textBytes: count.textBytes + (tools === undefined ? 0 : tools.end - tools.start),
    media: count.images + count.documents,
    messages: messages.items.length,
    maxOutputTokens: limit !== undefined && Number.isSafeInteger(limit) ? limit : null,
    affinity: () => sessionOf(root, headers) ?? openingDigest(messages),
    lastUserText: () => lastUserText(messages),
  }
}

const IDLE_EFFORTS = new Set(['none', 'minimal'])

/** In any vendor's words. */
function asksToThink(root: JsonNode): boolean {
  const effort = root.get('reasoning_effort')?.string
  if (effort !== undefined && !IDLE_EFFORTS.has(effort)) return true
  const type = root.get('thinking')?.get('type')?.string
  if (type !== undefined && type !== 'disabled') return true
  if (root.get('enable_thinking')?.boolean === true) return true
  if (root.get('chat_template_kwargs')?.get('enable_thinking')?.boolean === true) return true
  const reasoning = root.get('reasoning')
  if (reasoning?.kind !== 'object' || reasoning.get('enabled')?.boolean === false) return false
  return !IDLE_EFFORTS.has(reasoning.get('effort')?.string ?? '')
}

function asksToSearch(root: JsonNode): boolean {
  const options = root.get('web_search_options')
  if (options !== undefined && !options.isNull) return true
  return root.get('tools')?.items.some((tool) => tool.get('type')?.string?.startsWith('web_search') === true) ?? false
}

/** Adds up what is in messages. */
class ContentCount {
  textBytes = 0
  images = 0
  documents = 0

  message(message: JsonNode): void {
    if (message.kind !== 'object') throw invalid('must be an array of objects', 'messages')
    for (const [name, value] of message.index()) {
      if (name === 'content') this.#content(value)
      else if (name !== 'role') this.#span(value)
    }
  }

  #content(content: JsonNode): void {
    if (content.kind === 'string') this.#span(content)
    for (const part of content.items) this.#part(part)
  }

  #part(part: JsonNode): void {
    switch (part.get('type')?.string) {
      case 'image_url':
      case 'input_image':
        this.images++
        return
      case 'file':
      case 'input_file':
        this.documents++
        return
      case 'input_audio':
        return
      case 'text':
        return this.#span(part.get('text'))
      case undefined:
      default:
        return this.#span(part)
    }
  }

  #span(node: JsonNode | undefined): void {
    if (node !== undefined && !node.isNull) this.textBytes += node.end - node.start - (node.kind === 'string' ? 2 : 0)
  }
}

const SESSION_HEADERS = ['x-session-id', 'x-session-affinity', 'x-claude-code-session-id'] as const

/** The client's own name for the conversation. */
function sessionOf(root: JsonNode, headers: Headers): string | null {
  for (const name of SESSION_HEADERS) {
    const value = headers[name]
    if (value !== undefined && value !== '') return value
  }
  const key = root.get('prompt_cache_key')
  return key?.string === undefined || key.string === '' ? null : key.string
}

/** A hash of the system prompt and the first user message, cache marks left out: they move. */
function openingDigest(messages: JsonNode): string | null {
  const end = messages.items.findIndex((message) => roleOf(message) === 'user')
  const opening = messages.items.slice(0, end + 1).flatMap((message) => digestPieces(message.get('content')))
  return opening.length === 0 ? null : sha256(opening.join('\n'), 32)
}

function digestPieces(content: JsonNode | undefined): readonly string[] {
  if (content?.kind === 'string') return [content.raw]
  return (content?.items ?? []).map((part) => part.get('text')?.raw ?? part.raw)
}

function roleOf(message: JsonNode): string | undefined {
  return message.get('role')?.string
}

function lastUserText(messages: JsonNode): string {
  const content = messages.items.findLast((message) => roleOf(message) === 'user')?.get('content')
  if (content === undefined) return ''
  if (content.kind === 'string') return content.string ?? ''
  const texts = content.items.map((part) => part.get('text')?.string)
  return texts.filter((text) => text !== undefined).join('\n')
}
