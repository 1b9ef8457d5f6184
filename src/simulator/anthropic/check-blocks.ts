import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'

const MAX_CACHE_MARKS = 4

interface BlockRule {
  /** Who may say it. */
  readonly roles: readonly string[]
  /** What it may carry besides `type`; null for blocks that are not looked into. */
  readonly fields: ReadonlySet<string> | null
  readonly check?: (block: JsonObject, at: string) => Iterable<Problem>
}

const ANY_ROLE = ['user', 'assistant', 'system']
const USER = ['user']
const ASSISTANT = ['assistant']

const fields = (names: string): ReadonlySet<string> => words('type', names)

/** Blocks of tools and features that the vendor runs by itself. */
const UNCHECKED = words(
  'search_result container_upload tool_reference browser_state compaction fallback server_tool_use',
  'web_search_tool_result web_fetch_tool_result tool_search_tool_result code_execution_tool_result',
  'bash_code_execution_tool_result text_editor_code_execution_tool_result mcp_tool_use mcp_tool_result',
  'advisor_tool_result tool_addition tool_removal',
)

const BLOCKS: ReadonlyMap<string, BlockRule> = new Map<string, BlockRule>([
  ['text', { roles: ANY_ROLE, fields: fields('text cache_control citations'), check: checkText }],
  ['image', { roles: USER, fields: fields('source cache_control transformations'), check: checkImage }],
  ['document', { roles: ANY_ROLE, fields: fields('source cache_control citations context title'), check: checkSource }],
  ['thinking', { roles: ASSISTANT, fields: fields('thinking signature') }],
  ['redacted_thinking', { roles: ASSISTANT, fields: fields('data') }],
  [
    'tool_use',
    {
      roles: ASSISTANT,
      fields: fields('id name input cache_control caller toolset_name'),
      check: checkToolUse,
    },
  ],
  [
    'tool_result',
    {
      roles: USER,
      fields: fields('tool_use_id content is_error cache_control toolset_name'),
      check: checkToolResult,
    },
  ],
  ...Array.from(UNCHECKED, (type): [string, BlockRule] => [type, { roles: ANY_ROLE, fields: null }]),
])

/** Every block by itself: its type, its fields, who says it; and the number of cache marks in all. */
export function* checkBlocks(body: JsonObject, allowUnknown: boolean, strictVersion: boolean): Generator<Problem> {
  for (const [index, item] of (listOf(body['messages']) ?? []).entries()) {
    const message = objectOf(item)
    const role = textOf(message?.['role']) ?? ''
    for (const [position, value] of (listOf(message?.['content']) ?? []).entries()) {
      const at = `messages.${index}.content.${position}`
      yield* checkBlock(value, role, at, allowUnknown)
      if (strictVersion) yield* checkNewVersion(objectOf(value), role, at)
    }
  }
  const marks = countCacheMarks(body)
  if (marks > MAX_CACHE_MARKS) {
    yield invalid(`A maximum of ${MAX_CACHE_MARKS} blocks with cache_control may be provided. Found ${marks}.`)
  }
}

function* checkBlock(value: JsonValue, role: string, at: string, allowUnknown: boolean): Generator<Problem> {
  const block = objectOf(value)
  if (block === null) {
    yield invalid(`${at}: Input should be an object`)
    return
  }
  const type = textOf(block['type'])
  if (type === null) {
    yield invalid(`${at}.type: Field required`)
    return
  }
  const rule = BLOCKS.get(type)
  if (rule === undefined) {
    if (allowUnknown) return
    yield invalid(`${at}: Input tag '${type}' found using 'type' does not match any of the expected tags`)
    return
  }
  if (!rule.roles.includes(role)) yield invalid(`${at}: '${type}' blocks are not permitted in '${role}' messages`)
  if (rule.fields !== null && !allowUnknown) yield* unknownFields(block, rule.fields, `${at}.${type}.`)
  if (rule.check !== undefined) yield* rule.check(block, `${at}.${type}`)
}

/** Fields that the vendor has not heard of. */
export function* unknownFields(object: JsonObject, known: ReadonlySet<string>, prefix: string): Generator<Problem> {
  for (const name in object) {
    if (!known.has(name)) yield invalid(`${prefix}${name}: Extra inputs are not permitted`)
  }
}

function* checkNewVersion(block: JsonObject | null, role: string, at: string): Generator<Problem> {
  if (block?.['type'] === 'document' && role === 'assistant') {
    yield invalid(`${at}: 'document' blocks are not permitted in 'assistant' messages`)
  }
  if (block?.['type'] === 'text' && role === 'user' && (listOf(block['citations']) ?? []).length > 0) {
    yield invalid(`${at}.text.citations: citations are not permitted in 'user' messages`)
  }
}

function* checkText(block: JsonObject, at: string): Generator<Problem> {
  const text = textOf(block['text'])
  if (text === null) {
    yield invalid(`${at}.text: Field required`)
    return
  }
  if (text === '' && objectOf(block['cache_control']) !== null) {
    yield invalid(`${at}.cache_control: cache_control cannot be set for empty text blocks`)
  }
  if (text === '') yield invalid('messages: text content blocks must be non-empty')
  else if (text.trim() === '') yield invalid('messages: text content blocks must contain non-whitespace text')
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

function* checkImage(block: JsonObject, at: string): Generator<Problem> {
  yield* checkSource(block, at)
  const source = objectOf(block['source'])
  const mediaType = textOf(source?.['media_type']) ?? ''
  if (source?.['type'] === 'base64' && !IMAGE_TYPES.includes(mediaType)) {
    yield invalid(`${at}.source.base64.media_type: Input should be ${IMAGE_TYPES.join(', ')}`)
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** What each type of source must carry. */
const SOURCES: Readonly<Record<string, string>> = {
  base64: 'data',
  text: 'data',
  url: 'url',
  file: 'file_id',
  content: 'content',
}

function* checkSource(block: JsonObject, at: string): Generator<Problem> {
  const source = objectOf(block['source'])
  if (source === null) {
    yield invalid(`${at}.source: Field required`)
    return
  }
  const type = textOf(source['type']) ?? ''
  const field = SOURCES[type]
  if (field === undefined) {
    yield invalid(`${at}.source: Input tag '${type}' does not match any of the expected tags`)
    return
  }
  const value = source[field]
  if (value === undefined) {
    yield invalid(`${at}.source.${type}.${field}: Field required`)
    return
  }
  if (type === 'base64' && !BASE64.test(textOf(value) ?? '')) {
    yield invalid(`${at}.source.base64.data: Input should be valid base64`)
  }
  if (type === 'url' && !/^https?:\/\//.test(textOf(value) ?? '')) {
    yield invalid(`${at}.source.url.url: Only HTTPS URLs are supported`)
  }
}

const TOOL_ID = /^[a-zA-Z0-9_-]{1,64}$/
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,200}$/

function* checkToolUse(block: JsonObject, at: string): Generator<Problem> {
  if (!TOOL_ID.test(textOf(block['id']) ?? ''))
    yield invalid(`${at}.id: String should match pattern '${TOOL_ID.source}'`)
  if (!TOOL_NAME.test(textOf(block['name']) ?? '')) {
    yield invalid(`${at}.name: String should match pattern '${TOOL_NAME.source}'`)
  }
  if (objectOf(block['input']) === null) yield invalid(`${at}.input: Input should be an object`)
}

const RESULT_BLOCKS = words('text image search_result document tool_reference browser_state')

function* checkToolResult(block: JsonObject, at: string): Generator<Problem> {
  if (!TOOL_ID.test(textOf(block['tool_use_id']) ?? '')) {
    yield invalid(`${at}.tool_use_id: String should match pattern '${TOOL_ID.source}'`)
  }
  const content = block['content']
  if (content === undefined || typeof content === 'string') return
  const items = listOf(content)
  if (items === null) {
    yield invalid(`${at}.content: Input should be a valid string or list`)
    return
  }
  for (const [index, value] of items.entries()) {
    const item = objectOf(value)
    const type = textOf(item?.['type']) ?? ''
    const itemAt = `${at}.content.${index}`
    if (item === null || !RESULT_BLOCKS.has(type)) {
      yield invalid(`${itemAt}: Input tag '${type}' does not match any of the expected tags`)
    } else if (type === 'text') yield* checkText(item, `${itemAt}.text`)
    else if (type === 'image') yield* checkImage(item, `${itemAt}.image`)
    if (block['is_error'] === true && type !== 'text') {
      yield invalid(`${at}: all content must be type "text" if "is_error" is true`)
    }
  }
}

/** The breakpoint that the top level asks for takes one of the places too. */
function countCacheMarks(body: JsonObject): number {
  const blocks = [...(listOf(body['tools']) ?? []), ...(listOf(body['system']) ?? [])].map(objectOf)
  for (const message of (listOf(body['messages']) ?? []).map(objectOf)) {
    for (const block of (listOf(message?.['content']) ?? []).map(objectOf)) {
      blocks.push(block, ...(listOf(block?.['content']) ?? []).map(objectOf))
    }
  }
  return [objectOf(body), ...blocks].filter((block) => objectOf(block?.['cache_control']) !== null).length
}
