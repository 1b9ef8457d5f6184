import type { MediaPart, MediaSource, Part } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { GatewayError } from '../../lib/error.ts'
import { decodeJsonString, joinJsonStrings, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { plainText } from './decode-content.ts'
import { isOwn } from './ext-collector.ts'
import { pairTools } from './pair-tools.ts'
import { reportForeign } from './report-foreign.ts'
import { PROTOCOL } from './wire.ts'

/** Instructions and messages as this model takes them. */
export interface History {
  readonly instructions: readonly Part[]
  readonly messages: readonly Message[]
}

export interface HistoryTarget {
  readonly midSystem: boolean
  /** Files are named by a client of this protocol, so they are this vendor's. */
  readonly knowsFiles: boolean
  /** May this part be sent? Sealed reasoning goes only to whoever made it. */
  admits(part: Part): boolean
  readonly losses: LossSink
}

/**
 * A history that came in this protocol stays as it is, but for what the model cannot have. One from another protocol, or
 * one that the gateway put together, is brought into the form that the API insists on. Both are pure functions of the request: a prompt's prefix keeps its bytes.
 */
export function adaptHistory(request: CanonicalRequest, target: HistoryTarget): History {
  return isOwn(request.ext) && request.assembled !== true ? adaptOwn(request, target) : adaptForeign(request, target)
}

function adaptOwn(request: CanonicalRequest, target: HistoryTarget): History {
  const messages = request.messages.map((message) => admitted(message, target)).filter((message) => message !== null)
  // Where a client of this protocol puts its system messages is between it and the vendor: moving them changes the prefix.
  return { instructions: request.instructions, messages: target.midSystem ? messages : withoutSystem(messages, target) }
}

/**
 * For models that refuse system messages: the same words at the same place, from the user. Only where results come next,
 * which must follow their calls at once, do the words come behind them. A message without words has only settings to lose.
 */
function withoutSystem(messages: readonly Message[], target: HistoryTarget): readonly Message[] {
  const adapted: Message[] = []
  let waiting: Message[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      reportSettings(message, target.losses)
      if (message.parts.length > 0) waiting.push(systemReminder(message, target))
    } else if (message.parts.some(({ kind }) => kind === 'tool-result')) {
      adapted.push(message)
    } else {
      adapted.push(...waiting, message)
      waiting = []
    }
  }
  return [...adapted, ...waiting]
}

/** What a system message says beside its words has no place in a user's. */
function reportSettings({ ext }: Message, losses: LossSink): void {
  for (const name of ext?.fields.keys() ?? []) {
    if (!name.startsWith('$')) losses.drop(`messages.${name}`, 'this model takes no system messages')
  }
}

/** Null when nothing of the message is left. A message that was empty from the start stays (it may carry settings). */
function admitted(message: Message, target: HistoryTarget): Message | null {
  if (message.parts.every((part) => target.admits(part))) return message
  const parts = message.parts.filter((part) => target.admits(part))
  return parts.length === 0 ? null : { ...message, parts }
}

function adaptForeign(request: CanonicalRequest, target: HistoryTarget): History {
  const cleaned = request.messages.map((message, index) => {
    reportForeign(message.ext, 'messages.', target.losses)
    if (isOwn(message.ext)) reportOwn(message.ext, target.losses)
    const named = withName(clean(message, `messages.${index}`, target), target)
    const mayStay = named.role !== 'system' || (target.midSystem && mayBeSystem(request.messages, index))
    return mayStay ? named : systemReminder(named, target)
  })
  const paired = trimEnd(pairTools(cleaned, target.losses))
  const instructions = cleanParts(request.instructions, 'system', 'messages', target)
  return startWithUser(instructions, paired, target.losses)
}

/**
 * The API takes a system message behind a user's, and only where the model speaks next.
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages#limitations
 */
function mayBeSystem(messages: readonly Message[], index: number): boolean {
  const next = messages[index + 1]
  return messages[index - 1]?.role === 'user' && (next === undefined || next.role === 'assistant')
}

/** Messages that are regrouped have no place for settings of their own. */
function reportOwn({ fields }: Ext, losses: LossSink): void {
  for (const name of fields.keys()) {
    if (!name.startsWith('$')) losses.drop(`messages.${name}`, 'the gateway put the messages together')
  }
}

function clean(message: Message, path: string, target: HistoryTarget): Message {
  return { ...message, ext: null, parts: cleanParts(message.parts, message.role, path, target) }
}

function cleanParts(
  parts: readonly Part[],
  role: Message['role'],
  path: string,
  target: HistoryTarget,
): readonly Part[] {
  return parts.filter((part) => target.admits(part)).flatMap((part) => cleanPart(part, role, path, target))
}

/** The API refuses blank text, and takes media from users only. */
function cleanPart(part: Part, role: Message['role'], path: string, target: HistoryTarget): readonly Part[] {
  if (part.kind !== 'opaque') reportForeign(part.ext, 'messages.', target.losses)
  switch (part.kind) {
    case 'text':
      return isBlank(part.text) ? [] : [part]
    case 'media':
      return cleanMedia(part, role, path, target)
    case 'tool-result':
      return [{ ...part, content: cleanParts(part.content, 'user', path, target) }]
    case 'opaque':
      // Of this protocol in a conversation of another: the vendor's paused turn, which goes back to it.
      if (part.protocol === PROTOCOL) return [part]
      target.losses.drop(`messages.${part.type}`, 'no equivalent in Anthropic Messages')
      return []
    case 'reasoning':
    case 'tool-call':
      return [part]
    default:
      return part satisfies never
  }
}

function cleanMedia(part: MediaPart, role: Message['role'], path: string, target: HistoryTarget): readonly Part[] {
  const { media, source } = part
  const { losses } = target
  if (media === 'audio') {
    throw new GatewayError('unsupported_parameter', `${path}: this model takes no audio.`, { param: path })
  }
  if (source.type === 'file' && !target.knowsFiles) {
    losses.drop('messages.file_id', 'the file lives at another vendor')
    return []
  }
  if (role !== 'user') {
    losses.drop(`messages.${media}`, 'only users can show media')
    return []
  }
  return [{ ...part, source: fittingSource(media, source) }]
}

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/i
/** What programs write in place of names that the API insists on. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([['image/jpg', 'image/jpeg']])

function fittingSource(media: MediaPart['media'], source: MediaSource): MediaSource {
  if (source.type === 'url') {
    const url = decodeJsonString(source.url)
    const [prefix, mediaType] = DATA_URL.exec(url) ?? []
    if (prefix === undefined || mediaType === undefined) return source
    return fittingSource(media, { type: 'base64', mediaType, data: stringToJson(url.slice(prefix.length)) })
  }
  if (source.type !== 'base64') return source
  if (media === 'document') return documentSource(source)
  return { ...source, mediaType: MEDIA_TYPES.get(source.mediaType.toLowerCase()) ?? source.mediaType }
}

/** As bytes the API takes PDFs only. */
function documentSource(source: Extract<MediaSource, { type: 'base64' }>): MediaSource {
  if (!source.mediaType.startsWith('text/')) return source
  const text = Buffer.from(decodeJsonString(source.data), 'base64').toString('utf8')
  return { type: 'text', mediaType: 'text/plain', data: stringToJson(text) }
}

/** Who speaks, in front of the first text: the Messages API has no names. That of a result is its tool's, which the call says. */
function withName(message: Message, target: HistoryTarget): Message {
  const { name, parts } = message
  if (name === null || parts.some((part) => part.kind === 'tool-result')) return message
  const prefix = stringToJson(`${name}: `)
  const at = parts.findIndex((part) => part.kind === 'text')
  const first = parts[at]
  if (first?.kind !== 'text') {
    target.losses.drop('messages.name', 'there is no text to write it in front of')
    return message
  }
  target.losses.substitute('messages.name', 'written in front of the text')
  return { ...message, name: null, parts: parts.with(at, { ...first, text: joinJsonStrings([prefix, first.text]) }) }
}

const REMINDER_START = stringToJson('<system-reminder>\n')
const REMINDER_END = stringToJson('\n</system-reminder>')

/** Where this model takes no system message: the same words at the same place, from the user. */
function systemReminder(message: Message, target: HistoryTarget): Message {
  target.losses.substitute('messages.role', 'a system message in the middle became a user message')
  const parts = message.parts.map((part) =>
    part.kind === 'text' ? { ...part, text: joinJsonStrings([REMINDER_START, part.text, REMINDER_END]) } : part,
  )
  return { role: 'user', parts, name: null, ext: null }
}

/** The API refuses a final assistant text that ends in white space: the model is to go on from there. */
function trimEnd(messages: readonly Message[]): readonly Message[] {
  const last = messages.at(-1)
  const part = last?.parts.at(-1)
  if (last?.role !== 'assistant' || part?.kind !== 'text') return messages
  const text = decodeJsonString(part.text)
  if (text.trimEnd() === text) return messages
  const trimmed = { ...part, text: stringToJson(text.trimEnd()) }
  return [...messages.slice(0, -1), { ...last, parts: [...last.parts.slice(0, -1), trimmed] }]
}

const BEGIN = plainText(stringToJson('Begin.'))

/** The API wants a user to speak first; Chat takes a system prompt alone, or an assistant that opens. */
function startWithUser(instructions: readonly Part[], messages: readonly Message[], losses: LossSink): History {
  if (messages[0]?.role === 'user') return { instructions, messages }
  losses.substitute('messages', 'a user message was put first')
  const opening: Message = { role: 'user', parts: [BEGIN], name: null, ext: null }
  return { instructions, messages: [opening, ...messages] }
}

const BLANK = /^"(?:\s|\\[nrtf]|\\u(?:0020|00a0|000[9a-dA-D]))*"$/

function isBlank(text: JsonText): boolean {
  return BLANK.test(text)
}
