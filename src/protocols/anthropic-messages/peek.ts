import { sha256 } from '../../lib/hash.ts'
import type { Headers } from '../../lib/headers.ts'
import { JsonScanError, scanJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { Envelope, PeekOptions, RequestTarget, RequestTraits } from '../protocol.ts'
import { BILLING_HEADER, invalidRequest, PROTOCOL, readingRequest, scanRequest } from './wire.ts'

/** Reads what routing needs to know from the bytes of a request. */
export function peek(body: Buffer, target: RequestTarget, { maxDepth }: PeekOptions): Envelope {
  const root = scanRequest(body, maxDepth)
  return readingRequest(() => ({
    protocol: PROTOCOL,
    target,
    body,
    root,
    model: modelOf(root),
    stream: root.get('stream')?.boolean === true,
    includeUsage: true,
    traits: traitsOf(root, target.headers),
  }))
}

function modelOf(root: JsonNode): string {
  const model = root.get('model')
  const name = model?.string
  if (name === undefined || name === '') throw invalidRequest('model', 'must be a non-empty string')
  return name
}

function traitsOf(root: JsonNode, headers: Headers): RequestTraits {
  const messages = root.get('messages')
  if (messages?.kind !== 'array') throw invalidRequest('messages', 'must be an array')
  const tools = root.get('tools')
  const thinking = root.get('thinking')
  const type = thinking?.kind === 'object' ? thinking.get('type')?.string : undefined
  const limit = root.get('max_tokens')?.number
  const count = new ContentCount()
  count.content(root.get('system'))
  for (const message of messages.items) if (message.kind === 'object') count.content(message.get('content'))
  return {
    thinking: type === 'enabled' || type === 'adaptive',
    images: count.images > 0,
    documents: count.documents > 0,
    tools: (tools?.items.length ?? 0) > 0,
    webSearch: tools?.items.some((tool) => tool.get('type')?.string?.startsWith('web_search_') === true) ?? false,
    textBytes: count.textBytes + (tools === undefined ? 0 : tools.end - tools.start),
    media: count.images + count.documents,
    messages: messages.items.length,
    maxOutputTokens: limit !== undefined && Number.isSafeInteger(limit) ? limit : null,
    affinity: () => headers['x-claude-code-session-id'] ?? sessionOf(root) ?? openingDigest(root),
    lastUserText: () => lastUserText(messages),
  }
}

/** Adds up what is in content blocks. */
class ContentCount {
  textBytes = 0
  images = 0
  documents = 0

  content(node: JsonNode | undefined): void {
    if (node?.kind === 'string') this.#text(node)
    for (const block of node?.items ?? []) if (block.kind === 'object') this.#block(block)
  }

  #block(block: JsonNode): void {
    switch (block.get('type')?.string) {
      case 'text':
        return this.#text(block.get('text'))
      case 'thinking':
        return this.#text(block.get('thinking'))
      case 'redacted_thinking':
        return
      case 'image':
        this.images++
        return
      case 'document':
        return this.#document(block)
      case 'tool_use':
        return this.#span(block.get('input'))
      case 'tool_result':
        return this.content(block.get('content'))
      case undefined:
      default:
        return this.#span(block)
    }
  }

  #document(block: JsonNode): void {
    const source = block.get('source')
    const type = source?.kind === 'object' ? source.get('type')?.string : undefined
    if (type === 'text') this.#text(source?.get('data'))
    else if (type === 'content') this.content(source?.get('content'))
    else this.documents++
  }

  #text(node: JsonNode | undefined): void {
    if (node?.kind === 'string') this.textBytes += node.end - node.start - 2
  }

  #span(node: JsonNode | undefined): void {
    if (node !== undefined) this.textBytes += node.end - node.start
  }
}

/** Characters. What is longer was not written by Claude Code, and looking through it takes time. */
const LONGEST_USER = 2000

/** Claude Code puts its session's id into `metadata.user_id`: newer ones as JSON, older ones at the end of a word. */
function sessionOf(root: JsonNode): string | null {
  const metadata = root.get('metadata')
  const user = metadata?.kind === 'object' ? metadata.get('user_id')?.string : undefined
  if (user === undefined || user.length > LONGEST_USER) return null
  return user.startsWith('{') ? sessionInJson(user) : (/_session_([\w-]+)$/.exec(user)?.[1] ?? null)
}

function sessionInJson(user: string): string | null {
  try {
    return scanJson(user).get('session_id')?.string ?? null
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return null
    throw thrown
  }
}

/**
 * A hash of the system prompt and the first user message. What changes between the requests of one conversation is left
 * out: Claude Code's billing line, cache marks (which also turn a string into an array and back).
 */
function openingDigest(root: JsonNode): string | null {
  const first = root.get('messages')?.items.find((message) => isFromUser(message))
  const pieces = [...digestPieces(root.get('system')), '', ...digestPieces(first?.get('content'))]
  return pieces.length === 1 ? null : sha256(pieces.join('\n'), 32)
}

function digestPieces(content: JsonNode | undefined): readonly string[] {
  if (content?.kind === 'string') return [content.raw]
  return (content?.items ?? []).filter((block) => !isBillingHeader(block)).map(digestPiece)
}

function digestPiece(block: JsonNode): string {
  if (block.kind !== 'object') return block.raw
  if (block.get('type')?.string === 'text') return block.get('text')?.raw ?? ''
  const members = block.members.filter(({ name }) => name !== 'cache_control')
  return members.map(({ name, value }) => `${name}:${value.raw}`).join(',')
}

export function isBillingHeader(block: JsonNode): boolean {
  return block.kind === 'object' && block.get('text')?.raw.startsWith(`"${BILLING_HEADER}`) === true
}

function isFromUser(message: JsonNode): boolean {
  return message.kind === 'object' && message.get('role')?.string === 'user'
}

function lastUserText(messages: JsonNode): string {
  const content = messages.items.findLast((message) => isFromUser(message))?.get('content')
  if (content === undefined) return ''
  const texts = content.kind === 'string' ? [content] : content.items.map((block) => block.get('text'))
  return texts
    .map((text) => text?.string)
    .filter((text) => text !== undefined)
    .join('\n')
}
