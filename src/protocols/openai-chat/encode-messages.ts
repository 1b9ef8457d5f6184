import type { Part, TextPart, ToolResultPart } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { JsonObjectWriter, joinJsonStrings, jsonArray, scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { writeCacheMark } from './cache-marks.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { contentParts, messageContent, plainText, readableParts } from './encode-content.ts'
import type { Encoding } from './encoding.ts'
import { hint, loseExt, ownExt, ownFields, writeExt } from './ext.ts'
import { wireToolId } from './tool-names.ts'
import { settleToolTurns } from './tool-turns.ts'

/**
 * The `messages` of a request: the system prompt, then the conversation. `order`: an instruction of the gateway's own, behind
 * the client's system prompt.
 */
export function encodeMessages(request: CanonicalRequest, order: JsonText | null, encoding: Encoding): JsonText {
  const writer = new MessageWriter(encoding)
  writer.system(request.instructions, order)
  const { losses } = encoding.context
  for (const { ext, parts } of request.messages) {
    if (!isOwnExt(ext, encoding)) loseExt(ext, 'messages', losses)
    if (parts.some((part) => part.kind === 'tool-result' && part.isError))
      losses.substitute('messages.is_error', 'written in front of the text')
  }
  const messages = encoding.ownMessages ? request.messages : settleToolTurns(request.messages, losses)
  const last = messages.length - 1
  for (const [index, message] of messages.entries()) writer.message(message, index === last)
  return writer.finish()
}

function isOwnExt(ext: Ext | null, { own }: Encoding): boolean {
  return own && ownFields(ext) !== null
}

/** The first block of Claude Code's system prompt is for Anthropic's accounting. It changes often, and would spoil every prompt cache. */
const BILLING_HEADER = '"x-anthropic-billing-header'

const REMINDER_START = stringToJson('<system-reminder>\n')
const REMINDER_END = stringToJson('\n</system-reminder>')

class MessageWriter {
  readonly #encoding: Encoding
  readonly #written: JsonText[] = []
  /** Media of tool results that this vendor takes from users only, until the last result of the turn is written. */
  #media: JsonText[] = []

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  finish(): JsonText {
    this.#flushMedia()
    return jsonArray(this.#written)
  }

  system(instructions: readonly Part[], order: JsonText | null): void {
    const parts = instructions.filter((part) => !(part.kind === 'text' && part.text.startsWith(BILLING_HEADER)))
    const groups = this.#encoding.own ? systemMessages(parts) : [{ parts, ext: null }]
    if (order !== null) {
      const last = groups.pop()
      const added: TextPart = { kind: 'text', text: order, refusal: false, citations: null, cache: null, ext: null }
      groups.push({ parts: [...(last?.parts ?? []), added], ext: last?.ext ?? null })
    }
    for (const group of groups) if (group.parts.length > 0) this.#system(group.parts, group.ext, null)
  }

  message(message: Message, isLast: boolean): void {
    const [first] = message.parts
    if (first?.kind === 'tool-result') return this.#toolResult(first, message)
    this.#flushMedia()
    if (first?.kind === 'opaque' && first.protocol === 'openai-chat' && first.type === 'message') {
      this.#written.push(first.raw)
    } else if (message.role === 'assistant') {
      this.#written.push(encodeAssistant(message, isLast, this.#encoding))
    } else if (message.parts.length === 0 && !this.#encoding.ownMessages) {
      // Claude Code sends system messages that only carry settings; those are reported.
    } else if (message.role === 'system') {
      this.#midSystem(message)
    } else {
      this.#write('user', message.parts, message.ext, message.name)
    }
  }

  #midSystem(message: Message): void {
    const { dialect, capabilities, losses } = this.#encoding.context
    if (dialect.midSystem && capabilities.midSystem) {
      return this.#system(message.parts, message.ext, message.name)
    }
    losses.substitute('messages.role', 'a system message in the middle became a user message')
    const parts = message.parts.map((part) =>
      part.kind === 'text' ? { ...part, text: joinJsonStrings([REMINDER_START, part.text, REMINDER_END]) } : part,
    )
    this.#write('user', parts, message.ext, message.name)
  }

  #system(parts: readonly Part[], ext: Ext | null, name: string | null): void {
    const { developerRole, systemRole } = this.#encoding.context.dialect
    // A Chat client's own word stays, unless this vendor does not know it.
    const asDeveloper = this.#encoding.own ? developerRole && hint(ext, 'role') !== null : systemRole === 'developer'
    this.#write(asDeveloper ? 'developer' : 'system', parts, ext, name)
  }

  #write(role: string, parts: readonly Part[], ext: Ext | null, name: string | null): void {
    const shape = hint(ext, 'content')
    const writer = new JsonObjectWriter().add('role', toJsonText(role))
    if (parts.length > 0 || shape !== null) writer.add('content', messageContent(parts, shape, this.#encoding))
    this.#finish(writer, ext, name)
  }

  #finish(writer: JsonObjectWriter, ext: Ext | null, name: string | null): void {
    if (name !== null) writer.add('name', stringToJson(name))
    writeCacheMark(writer, { cache: null, ext }, 'messages', this.#encoding)
    if (ownFields(ext) !== null) writeExt(writer, ext, 'messages', this.#encoding.context.losses)
    this.#written.push(writer.text)
  }

  #toolResult(result: ToolResultPart, message: Message): void {
    const { ownMessages, context } = this.#encoding
    const isFunction = hint(message.ext, 'role') === '"function"'
    const writer = new JsonObjectWriter().add('role', toJsonText(isFunction ? 'function' : 'tool'))
    const id = wireToolId(result.callId, ownMessages, context.dialect)
    if (!isFunction) writer.add('tool_call_id', stringToJson(id))
    loseExt(ownFields(result.ext) === null ? result.ext : null, 'messages', context.losses)
    const shape = hint(message.ext, 'content')
    const readable = this.#withoutMedia(readableParts(result.content, this.#encoding), id)
    const content = ownMessages ? readable : oneText(result, readable, context.losses)
    if (content.length > 0 || shape !== null || !ownMessages) {
      writer.add('content', messageContent(content, shape, this.#encoding))
    }
    this.#finish(writer, message.ext, message.name)
  }

  /** Vendors that read only text from tools get the media from the user, behind the last result. */
  #withoutMedia(content: readonly Part[], id: string): readonly Part[] {
    if (this.#encoding.context.dialect.toolImages) return content
    for (const part of content) {
      if (part.kind !== 'media') continue
      const title = plainText(stringToJson(`(${part.media} for ${id})`))
      this.#media.push(title, ...contentParts([part], this.#encoding))
    }
    return content.filter((part) => part.kind !== 'media')
  }

  #flushMedia(): void {
    if (this.#media.length === 0) return
    const writer = new JsonObjectWriter().add('role', toJsonText('user')).add('content', jsonArray(this.#media))
    this.#written.push(writer.text)
    this.#media = []
  }
}

const ERROR = stringToJson('Error: ')

/** Many vendors read nothing but one string from a tool; that it failed, Chat can only say in it. */
function oneText(result: ToolResultPart, parts: readonly Part[], losses: LossSink): readonly Part[] {
  const texts = parts.filter((part) => part.kind === 'text')
  for (const { ext, citations } of texts) {
    loseExt(ext, 'messages', losses)
    if (citations !== null) losses.drop('messages.citations', 'no equivalent in OpenAI Chat')
  }
  const joined = joinJsonStrings(
    texts.map(({ text }) => text),
    '\n\n',
  )
  const text: TextPart = {
    kind: 'text',
    text: result.isError ? joinJsonStrings([ERROR, joined]) : joined,
    refusal: false,
    citations: null,
    cache: texts.findLast(({ cache }) => cache !== null)?.cache ?? result.cache,
    ext: null,
  }
  return [text, ...parts.filter((part) => part.kind !== 'text')]
}

interface SystemMessage {
  readonly parts: readonly Part[]
  readonly ext: Ext | null
}

/** The leading system messages of a Chat client, taken apart again where its decoder left the boundaries. */
function systemMessages(parts: readonly Part[]): SystemMessage[] {
  const messages: { parts: Part[]; ext: Ext | null }[] = []
  for (const part of parts) {
    const noted = part.kind === 'text' ? hint(part.ext, 'message') : null
    if (noted === null && messages.length > 0) messages.at(-1)?.parts.push(part)
    else messages.push({ parts: [part], ext: noted === null ? null : ownExt(fieldsOf(noted)) })
  }
  return messages
}

function fieldsOf(object: JsonText): ReadonlyMap<string, JsonText> {
  return new Map(scanJson(object).members.map(({ name, value }) => [name, value.raw]))
}
