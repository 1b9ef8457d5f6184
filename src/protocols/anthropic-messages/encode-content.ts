import type {
  CacheMark,
  MediaPart,
  MediaSource,
  OpaquePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { decodeJsonString, jsonArray, JsonObjectWriter, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { defaultShape } from './decode-content.ts'
import { hintOf, isOwn } from './ext-collector.ts'
import { NodeWriter } from './node-writer.ts'
import { literal, PROTOCOL } from './wire.ts'

/** What depends on where the blocks go. */
export interface BlockTarget {
  toolId(id: string): string
  toolName(name: string): string
  /** The block, or null when this target must not see it. */
  reasoning(part: ReasoningPart): JsonText | null
  readonly losses: LossSink
}

const TYPE = {
  text: stringToJson('text'),
  thinking: stringToJson('thinking'),
  redacted: stringToJson('redacted_thinking'),
  toolUse: stringToJson('tool_use'),
  toolResult: stringToJson('tool_result'),
  image: stringToJson('image'),
  document: stringToJson('document'),
  base64: stringToJson('base64'),
  url: stringToJson('url'),
  file: stringToJson('file'),
  ephemeral: stringToJson('ephemeral'),
}

/** A block for each part that the target may see. */
export function encodeBlocks(parts: readonly Part[], target: BlockTarget): JsonText[] {
  return parts.map((part) => encodeBlock(part, target)).filter((block) => block !== null)
}

/**
 * A field that holds content, in the shape in which it came (see `hintShape`); null when it was absent. Mind that parts
 * may be gone since: a string stays one only while there is one plain text.
 */
export function encodeContent(
  parts: readonly Part[],
  ext: Ext | null,
  name: string,
  target: BlockTarget,
): JsonText | null {
  const hint = hintOf(ext, name)
  const shape = hint === null ? defaultShape(parts) : decodeJsonString(hint)
  const [first] = parts
  if (shape === 'string' && parts.length === 1 && first?.kind === 'text' && isPlain(first)) return first.text
  if (shape === 'absent' && parts.length === 0) return null
  if (shape === 'null' && parts.length === 0) return literal('null')
  return jsonArray(encodeBlocks(parts, target))
}

/** One block, or null: left out, and reported where the client does not keep it anyway. */
export function encodeBlock(part: Part, target: BlockTarget): JsonText | null {
  switch (part.kind) {
    case 'text':
      return textBlock(part)
    case 'reasoning':
      return target.reasoning(part)
    case 'media':
      return mediaBlock(part, target)
    case 'tool-call':
      return toolUseBlock(part, target)
    case 'tool-result':
      return toolResultBlock(part, target)
    case 'opaque':
      return opaqueBlock(part, target)
    default:
      return part satisfies never
  }
}

function textBlock(part: TextPart): JsonText {
  return new NodeWriter(part.ext)
    .add('type', TYPE.text)
    .add('text', part.text)
    .add('citations', part.citations)
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

/** A `thinking` block. The signature's literal may be empty for vendors that have none, but it is always there. */
export function thinkingBlock(part: ReasoningPart, signature: string): JsonText {
  return new NodeWriter(part.ext)
    .add('type', TYPE.thinking)
    .add('thinking', part.text)
    .add('signature', stringToJson(signature))
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

export function redactedThinkingBlock(part: ReasoningPart, data: string): JsonText {
  return new NodeWriter(part.ext)
    .add('type', TYPE.redacted)
    .add('data', stringToJson(data))
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

function toolUseBlock(part: ToolCallPart, target: BlockTarget): JsonText {
  if (part.invalid && !isOwn(part.ext)) {
    target.losses.substitute('messages.tool_calls.arguments', 'no JSON object, so sent as the text in one member')
  }
  return new NodeWriter(part.ext)
    .add('type', TYPE.toolUse)
    .add('id', stringToJson(target.toolId(part.id)))
    .add('name', stringToJson(target.toolName(part.name)))
    .add('input', part.invalid ? rawInput(part.input) : part.input)
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

/** Arguments must be an object; whatever text stands in their place is kept as the value of one member. */
function rawInput(text: JsonText): JsonText {
  return new JsonObjectWriter().add('_raw', text).text
}

function toolResultBlock(part: ToolResultPart, target: BlockTarget): JsonText {
  return new NodeWriter(part.ext)
    .add('type', TYPE.toolResult)
    .add('tool_use_id', stringToJson(target.toolId(part.callId)))
    .addShaped('content', encodeContent(part.content, part.ext, 'content', target))
    .add('is_error', part.isError ? literal('true') : null)
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

function mediaBlock(part: MediaPart, target: BlockTarget): JsonText | null {
  if (part.media === 'audio') {
    target.losses.drop('messages.input_audio', 'Anthropic Messages takes no audio')
    return null
  }
  const writer = new NodeWriter(part.ext).add('type', TYPE[part.media])
  const source = hintOf(part.ext, 'source')
  if (source === null) writer.nested('source', part.ext, (nested) => writeSource(part.source, nested))
  else writer.addShaped('source', source)
  return writer
    .add('title', part.title)
    .add('context', part.context)
    .add('cache_control', cacheControl(part.cache))
    .finish()
}

function writeSource(source: MediaSource, writer: NodeWriter): void {
  switch (source.type) {
    case 'base64':
    case 'text':
      writer.add('type', TYPE[source.type]).add('media_type', stringToJson(source.mediaType)).add('data', source.data)
      break
    case 'url':
      writer.add('type', TYPE.url).add('url', source.url)
      break
    case 'file':
      writer.add('type', TYPE.file).add('file_id', source.id)
      break
    default:
      source satisfies never
  }
}

function opaqueBlock(part: OpaquePart, target: BlockTarget): JsonText | null {
  if (part.protocol === PROTOCOL) return part.raw
  target.losses.drop(`messages.${part.type}`, 'no equivalent in Anthropic Messages')
  return null
}

/** The `cache_control` of a mark. */
export function cacheControl(mark: CacheMark | null): JsonText | null {
  if (mark === null) return null
  return new JsonObjectWriter()
    .add('type', TYPE.ephemeral)
    .add('ttl', mark.ttl === null ? null : stringToJson(mark.ttl)).text
}

/** Nothing but text: it can be written as a string. */
function isPlain(part: TextPart): boolean {
  return part.cache === null && part.citations === null && part.ext === null
}
