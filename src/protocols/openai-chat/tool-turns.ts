import type { ToolCallPart, ToolResultPart, Part } from '../../canonical/content.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { Message } from '../../canonical/request.ts'
import { joinJsonStrings, stringToJson } from '../../lib/json.ts'

/**
 * Brings tool results where Chat vendors insist on them: one message each, directly behind the assistant that called, in
 * the order of the calls, before anything else. Claude Code sends parallel results in the order in which they were ready.
 * A pure function of the messages: what was written for a prefix stays when the conversation goes on.
 */
export function settleToolTurns(messages: readonly Message[], losses: LossSink): readonly Message[] {
  const settled: Message[] = []
  for (let at = 0; at < messages.length;) {
    const message = messages[at++]
    if (message === undefined) break
    if (message.role === 'assistant') settled.push(message)
    const start = message.role === 'assistant' ? at : at - 1
    let end = start
    while (end < messages.length && messages[end]?.role !== 'assistant') end++
    const calls = message.role === 'assistant' ? message.parts.filter((part) => part.kind === 'tool-call') : []
    for (const each of settleTurn(calls, messages.slice(start, end), losses)) settled.push(each)
    at = Math.max(at, end)
  }
  return settled
}

/** The messages up to the next assistant: first a result for each call, then what else was said. */
function settleTurn(calls: readonly ToolCallPart[], turn: readonly Message[], losses: LossSink): readonly Message[] {
  const ids = new Set(calls.map(({ id }) => id))
  const results = new Map<string, ToolResultPart>()
  const others: Message[] = []
  for (const message of turn) {
    const parts: Part[] = []
    for (const part of message.parts) {
      if (part.kind !== 'tool-result') parts.push(part)
      else if (!ids.has(part.callId)) parts.push(...orphan(part, losses))
      else if (results.has(part.callId)) losses.drop('messages.tool_result', 'a second result of the same call')
      else results.set(part.callId, part)
    }
    if (parts.length > 0 || message.parts.length === 0) others.push({ ...message, parts })
  }
  return [...Array.from(ids, (id) => resultMessage(results.get(id) ?? missing(id, losses))), ...others]
}

function resultMessage(result: ToolResultPart): Message {
  return { role: 'user', parts: [result], name: null, ext: null }
}

const NO_RESULT = stringToJson('There is no result: the call was interrupted.')

/** Vendors refuse a call without a result; the model should know that there is none. */
function missing(callId: string, losses: LossSink): ToolResultPart {
  losses.substitute('messages.tool_result', 'a missing result was said to be missing')
  const text: Part = { kind: 'text', text: NO_RESULT, refusal: false, citations: null, cache: null, ext: null }
  return { kind: 'tool-result', callId, content: [text], isError: true, cache: null, ext: null }
}

/** A result that answers nothing is something that the user says. */
function orphan(result: ToolResultPart, losses: LossSink): readonly Part[] {
  losses.substitute('messages.tool_result', 'a result without its call became text')
  const title = stringToJson(`Result of tool call ${result.callId}:\n`)
  const [first, ...rest] = result.content
  if (first?.kind === 'text') return [{ ...first, text: joinJsonStrings([title, first.text]) }, ...rest]
  return [{ kind: 'text', text: title, refusal: false, citations: null, cache: null, ext: null }, ...result.content]
}
