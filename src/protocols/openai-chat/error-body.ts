import { JsonScanError, scanJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { redactMessage } from './redact.ts'

/** What an error body says, whatever its shape. */
export interface ErrorFacts {
  /** Safe to show; null when there is none. */
  readonly message: string | null
  readonly type: string | null
  readonly code: string | null
  readonly param: string | null
  /** A status inside the body: OpenRouter and Google repeat the true one there when the outer one is 200. */
  readonly status: number | null
  /** Google's RetryInfo: `34.4s`. */
  readonly retryDelay: string | null
  /** llama.cpp counts for us. */
  readonly sizes: { readonly tokens: number; readonly limit: number } | null
}

const NOTHING: ErrorFacts = {
  message: null,
  type: null,
  code: null,
  param: null,
  status: null,
  retryDelay: null,
  sizes: null,
}

/** Reads any body that came with an error status. What is not JSON may still be a sentence. */
export function readErrorBody(body: string): ErrorFacts {
  try {
    return readErrorNode(scanJson(body))
  } catch (thrown) {
    if (!(thrown instanceof JsonScanError)) throw thrown
    // JSON that broke off is no sentence.
    return { ...NOTHING, message: /^\s*[[{]/.test(body) ? null : redactMessage(body) }
  }
}

/**
 * Reads an error object or what holds one: `{error: {...}}`, `{error: "text"}`, `{message}`, `{detail}`, `{errors: [...]}`, or
 * an array around any of them (Google).
 */
export function readErrorNode(node: JsonNode): ErrorFacts {
  if (node.kind === 'array') return node.items[0] === undefined ? NOTHING : readErrorNode(node.items[0])
  if (node.kind === 'string') return { ...NOTHING, message: redactMessage(node.string ?? '') }
  if (node.kind !== 'object') return NOTHING
  const inner = first(node, 'error')
  if (inner?.kind === 'object') return { ...readErrorNode(inner), ...outerStatus(node, inner) }
  const message = messageOf(node)
  return {
    message: message === null ? null : redactMessage(message),
    type: word(first(node, 'type')) ?? word(first(node, 'status')),
    code: word(first(node, 'code')),
    param: paramOf(first(node, 'param')),
    status: statusOf(first(node, 'code')) ?? statusOf(first(node, 'status')) ?? statusOf(first(node, 'status_code')),
    retryDelay: retryDelayOf(node),
    sizes: sizesOf(node),
  }
}

/** Duplicate names are no reason to lose an error: the first one counts. */
function first(node: JsonNode, name: string): JsonNode | undefined {
  return node.members.find((member) => member.name === name)?.value
}

function outerStatus(outer: JsonNode, inner: JsonNode): { status?: number } {
  const status = statusOf(first(inner, 'code')) ?? statusOf(first(inner, 'status')) ?? statusOf(first(outer, 'status'))
  return status === null ? {} : { status }
}

function messageOf(node: JsonNode): string | null {
  // OpenRouter wraps the vendor's own words: `metadata.raw`.
  const metadata = first(node, 'metadata')
  const raw = metadata?.kind === 'object' ? first(metadata, 'raw')?.string : undefined
  if (raw !== undefined && raw !== '') return readErrorBody(raw).message ?? raw
  for (const name of ['message', 'error', 'detail', 'details', 'msg', 'error_msg', 'error_message', 'errors']) {
    const text = textOf(first(node, name))
    if (text !== null) return text
  }
  return null
}

/** A string, or the strings inside of what FastAPI, Mistral and Cloudflare put there. */
function textOf(node: JsonNode | undefined): string | null {
  if (node === undefined) return null
  if (node.kind === 'string') return node.string === '' ? null : (node.string ?? null)
  if (node.kind === 'object') return messageOf(node)
  if (node.kind !== 'array') return null
  const texts = node.items.map(textOf).filter((text) => text !== null)
  return texts.length === 0 ? null : texts.join('; ')
}

function word(node: JsonNode | undefined): string | null {
  const text = node?.string ?? (node?.kind === 'number' ? node.raw : undefined)
  return text !== undefined && /^[\w.:/ -]{1,80}$/.test(text) ? text : null
}

function paramOf(node: JsonNode | undefined): string | null {
  const text = node?.string
  return text !== undefined && /^[\w.[\]-]{1,120}$/.test(text) ? text : null
}

function statusOf(node: JsonNode | undefined): number | null {
  const status = node?.number ?? (/^\d{3}$/.test(node?.string ?? '') ? Number(node?.string) : undefined)
  return status !== undefined && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null
}

function retryDelayOf(node: JsonNode): string | null {
  for (const detail of first(node, 'details')?.items ?? []) {
    const delay = detail.kind === 'object' ? first(detail, 'retryDelay')?.string : undefined
    if (delay !== undefined) return delay
  }
  return null
}

function sizesOf(node: JsonNode): ErrorFacts['sizes'] {
  const tokens = first(node, 'n_prompt_tokens')?.number
  const limit = first(node, 'n_ctx')?.number
  return tokens === undefined || limit === undefined ? null : { tokens, limit }
}
