import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { isEffort } from '../../canonical/effort.ts'
import { stringToJson } from '../../lib/json.ts'
import type { JsonMember, JsonNode } from '../../lib/json.ts'
import type { ChatDialect, Dialects } from '../dialect.ts'
import type { Envelope, PassthroughTarget, Splice } from '../protocol.ts'
import { saysNothing } from './decode-request.ts'
import { NATIVE_REASONING } from './encode-reasoning.ts'
import { bodyError } from './invalid.ts'
import { PLAIN_FIELDS } from './reasoning-details.ts'
import { REASONING_FIELDS } from './reasoning-request.ts'

/** How carriers of every version begin. In text that begins so it is only a reason to translate, which loses nothing. */
const CARRIER = Buffer.from('"ucr')
const NOTHING = Buffer.alloc(0)
const NINE = /^[A-Za-z0-9]{9}$/

/** See `Passthrough.edits`. Where nothing has to change the list is empty, and the client's bytes go out as they are. */
export function edits(
  envelope: Envelope,
  target: PassthroughTarget,
  dialect: Dialects[keyof Dialects],
): readonly Splice[] | null {
  if (!('maxTokensField' in dialect)) return null
  try {
    const { body, root } = envelope
    const needsMore =
      body.includes(CARRIER) ||
      asksTooMuch(root, target.capabilities, dialect) ||
      historyNeedsMore(root, target, dialect)
    if (needsMore) return null
    const splices = [
      ...modelEdit(envelope, target.model),
      ...limitEdit(root, dialect),
      ...roleEdits(root, dialect),
      ...removals(root, dialect),
      ...usageEdit(envelope, dialect),
    ]
    return splices.sort((a, b) => a.start - b.start)
  } catch (thrown) {
    throw bodyError(thrown)
  }
}

/** A parameter that the translation would change or report as lost. */
function asksTooMuch(root: JsonNode, capabilities: ModelCapabilities, dialect: ChatDialect): boolean {
  const says = (name: string): boolean => {
    const value = root.get(name)
    return value !== undefined && !saysNothing(name, value)
  }
  return (
    dialect.rejects.some(says) ||
    (!capabilities.sampling && ['temperature', 'top_p', 'top_k'].some(says)) ||
    limitTooHigh(root, capabilities) ||
    (dialect.maxStop !== null && stopCount(root) > dialect.maxStop) ||
    (!dialect.parallelToolCalls && says('parallel_tool_calls')) ||
    choiceNeedsMore(root, capabilities, dialect) ||
    reasoningNeedsMore(root, capabilities, dialect) ||
    formatNeedsMore(root, capabilities, dialect) ||
    (!dialect.strictTools && hasStrictTool(root))
  )
}

function limitTooHigh(root: JsonNode, { maxOutputTokens }: ModelCapabilities): boolean {
  const limits = [root.get('max_completion_tokens')?.number ?? 0, root.get('max_tokens')?.number ?? 0]
  return maxOutputTokens !== null && Math.max(...limits) > maxOutputTokens
}

function stopCount(root: JsonNode): number {
  const stop = root.get('stop')
  return stop?.kind === 'string' ? 1 : (stop?.items.length ?? 0)
}

function choiceNeedsMore(root: JsonNode, { forcedToolChoice }: ModelCapabilities, dialect: ChatDialect): boolean {
  const choice = root.get('tool_choice')
  if (choice === undefined || choice.isNull || choice.string === 'auto' || choice.string === 'none') return false
  if (!forcedToolChoice) return true
  return choice.kind === 'string' ? choice.string !== dialect.requiredToolChoice : !dialect.namedToolChoice
}

/** The client asks to think in another vendor's words, or harder than this model can. */
function reasoningNeedsMore(root: JsonNode, capabilities: ModelCapabilities, dialect: ChatDialect): boolean {
  const native: readonly string[] = NATIVE_REASONING[dialect.reasoning.request]
  const isForeign = REASONING_FIELDS.some((name) => {
    const value = root.get(name)
    return value !== undefined && !value.isNull && !native.includes(name)
  })
  const words = [root.get('reasoning_effort')?.string, root.get('reasoning')?.get('effort')?.string]
  return (
    isForeign ||
    words.some((word) => {
      if (word === undefined || !isEffort(word)) return false
      return !dialect.reasoning.efforts.includes(word) || !capabilities.efforts.includes(word)
    })
  )
}

function formatNeedsMore(root: JsonNode, { structuredOutput }: ModelCapabilities, dialect: ChatDialect): boolean {
  const hasSchema = root.get('response_format')?.get('type')?.string === 'json_schema'
  return hasSchema && !(dialect.jsonSchema && structuredOutput)
}

function hasStrictTool(root: JsonNode): boolean {
  return root.get('tools')?.items.some((tool) => tool.get('function')?.get('strict')?.boolean === true) ?? false
}

/** Something in the conversation must be rewritten for this vendor. */
function historyNeedsMore(root: JsonNode, { capabilities }: PassthroughTarget, dialect: ChatDialect): boolean {
  const messages = root.get('messages')?.items ?? []
  const midSystem = dialect.midSystem && capabilities.midSystem
  let inside = false
  for (const message of messages) {
    const role = message.get('role')?.string
    const isSystem = role === 'system' || role === 'developer'
    if (isSystem && inside && !midSystem) return true
    inside ||= !isSystem
    if (role === 'assistant' && assistantNeedsMore(message, dialect)) return true
    if (role === 'tool' && resultNeedsMore(message, dialect)) return true
    if (isSystem && !dialect.systemParts && message.get('content')?.kind === 'array') return true
  }
  const last = messages.at(-1)
  return dialect.assistantPrefix && last?.get('role')?.string === 'assistant' && last.get('prefix') === undefined
}

function assistantNeedsMore(message: JsonNode, dialect: ChatDialect): boolean {
  const calls = message.get('tool_calls')?.items ?? []
  if (calls.some((call) => !idFits(call.get('id'), dialect))) return true
  const { sendBack, sendBackWhen } = dialect.reasoning
  const given = [...PLAIN_FIELDS, 'reasoning_details'].filter((name) => isSaid(message.get(name)))
  if (sendBackWhen === 'tool-turns' && sendBack !== 'none') {
    return calls.length > 0 ? message.get(sendBack)?.kind !== 'string' : given.length > 0
  }
  if (given.length === 0) return false
  return sendBack === 'none' || (sendBack !== 'reasoning_details' && !given.includes(sendBack))
}

function isSaid(node: JsonNode | undefined): boolean {
  return node !== undefined && !node.isNull
}

function resultNeedsMore(message: JsonNode, dialect: ChatDialect): boolean {
  if (!idFits(message.get('tool_call_id'), dialect)) return true
  const parts = message.get('content')?.items ?? []
  return !dialect.toolImages && parts.some((part) => part.get('type')?.string !== 'text')
}

function idFits(id: JsonNode | undefined, { toolIds }: ChatDialect): boolean {
  return toolIds === 'any' || NINE.test(id?.string ?? '')
}

function modelEdit({ root, model }: Envelope, name: string): readonly Splice[] {
  const node = root.get('model')
  if (node === undefined || model === name) return []
  return [{ start: node.start, end: node.end, bytes: Buffer.from(stringToJson(name)) }]
}

/** `max_tokens` and `max_completion_tokens` say the same to vendors that know only one of them. */
function limitEdit(root: JsonNode, { maxTokensField }: ChatDialect): readonly Splice[] {
  const other = maxTokensField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  const member = root.members.find(({ name }) => name === other)
  if (member === undefined || root.get(maxTokensField) !== undefined) return []
  return [{ start: member.nameStart, end: member.value.start, bytes: Buffer.from(`"${maxTokensField}":`) }]
}

function roleEdits(root: JsonNode, { developerRole }: ChatDialect): readonly Splice[] {
  if (developerRole) return []
  return (root.get('messages')?.items ?? [])
    .map((message) => message.get('role'))
    .filter((role) => role?.string === 'developer')
    .flatMap((role) =>
      role === undefined ? [] : [{ start: role.start, end: role.end, bytes: Buffer.from('"system"') }],
    )
}

/** Takes out members that this vendor refuses even though they say nothing (`logprobs: false`). */
function removals(root: JsonNode, { rejects }: ChatDialect): readonly Splice[] {
  const { members } = root
  const splices: Splice[] = []
  for (let at = 0; at < members.length; at++) {
    if (!isRefused(members[at], rejects)) continue
    const first = at
    while (isRefused(members[at + 1], rejects)) at++
    splices.push(removal(members, first, at))
  }
  return splices
}

function isRefused(member: JsonMember | undefined, rejects: readonly string[]): boolean {
  return member !== undefined && rejects.includes(member.name)
}

/** Neighbours go together, with the comma before them, or the one behind where nothing stands before. */
function removal(members: readonly JsonMember[], first: number, last: number): Splice {
  const before = members[first - 1]?.value.end
  const end = members[last]?.value.end ?? 0
  const start = before ?? members[first]?.nameStart ?? end
  return { start, end: before === undefined ? (members[last + 1]?.nameStart ?? end) : end, bytes: NOTHING }
}

/** Usage is always asked for; the passthrough hides it from a client that did not ask. */
function usageEdit({ root, stream, includeUsage }: Envelope, dialect: ChatDialect): readonly Splice[] {
  if (!stream || includeUsage || !dialect.streamUsage || dialect.rejects.includes('stream_options')) return []
  const options = root.get('stream_options')
  if (options === undefined) return [insertion(root.end - 1, ',"stream_options":{"include_usage":true}')]
  const given = options.get('include_usage')
  if (given !== undefined) return [{ start: given.start, end: given.end, bytes: Buffer.from('true') }]
  if (options.kind === 'object' && options.members.length > 0) {
    return [insertion(options.start + 1, '"include_usage":true,')]
  }
  return [{ start: options.start, end: options.end, bytes: Buffer.from('{"include_usage":true}') }]
}

function insertion(at: number, text: string): Splice {
  return { start: at, end: at, bytes: Buffer.from(text) }
}
