import { describe, expect, it } from 'vitest'
import { EFFORTS } from '../../src/canonical/effort.ts'
import { LossList } from '../../src/canonical/loss.ts'
import type { ProtocolId } from '../../src/canonical/protocol-id.ts'
import { scanJson } from '../../src/lib/json.ts'
import * as messagesSupport from '../../src/protocols/anthropic-messages/test-support.ts'
import { PROTOCOLS } from '../../src/protocols/index.ts'
import * as chatSupport from '../../src/protocols/openai-chat/test-support.ts'
import { fixturesOf } from '../support/fixtures.ts'
import { RICH_REQUESTS } from '../support/rich-requests.ts'
import type { Json } from './harness.ts'

/**
 * Law 5: what is not said is reported. A member that nobody has heard of is put into each object of a message, one after the
 * other: on the other side it stands, or its name is among the losses, or that of a member which it was in.
 */

interface Crossed {
  readonly text: string
  readonly losses: readonly string[]
}

const MARKER = 'future_member'

function crossRequest(from: ProtocolId, to: ProtocolId, body: string): Crossed {
  const losses = new LossList()
  const { sealer } = messagesSupport
  const request = PROTOCOLS[from].client.decodeRequest(scanJson(body), { sealer, headers: {}, losses })
  const { model } = request
  const dialect = chatSupport.dialect({ toolImages: true, maxStop: null }, { efforts: EFFORTS })
  const { body: text } =
    to === 'openai-chat'
      ? PROTOCOLS[to].upstream.encodeRequest(request, chatSupport.upstreamContext({ model, dialect, losses }))
      : PROTOCOLS[to].upstream.encodeRequest(request, messagesSupport.upstreamContext({ model, losses }))
  return { text, losses: losses.losses.map(({ field }) => field) }
}

function crossAnswer(from: ProtocolId, to: ProtocolId, body: string): Crossed {
  const losses = new LossList()
  const answer =
    from === 'openai-chat'
      ? PROTOCOLS[from].upstream.decodeResponse(body, chatSupport.answerContext())
      : PROTOCOLS[from].upstream.decodeResponse(body, messagesSupport.answerContext())
  const text = PROTOCOLS[to].client.encodeResponse(answer, messagesSupport.replyContext({ losses }))
  return { text, losses: losses.losses.map(({ field }) => field) }
}

type Path = readonly (string | number)[]

/** Objects that are none of a protocol's: what stands in them goes through as it is, or with the block that it is the content of. */
const NOT_OURS = new Set(['input', 'input_schema', 'parameters', 'schema', 'payload'])

/** Where something is said, however deep. */
function objectsIn(node: unknown, path: Path = []): readonly Path[] {
  if (Array.isArray(node)) return node.flatMap((item, index) => objectsIn(item, [...path, index]))
  if (typeof node !== 'object' || node === null) return []
  const inner = Object.entries(node).filter(([name]) => !NOT_OURS.has(name))
  return [path, ...inner.flatMap(([name, value]) => objectsIn(value, [...path, name]))]
}

function at(node: unknown, path: Path): Json {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], node) as Json
}

function marked(body: string, path: Path): string {
  const json: unknown = JSON.parse(body)
  at(json, path)[MARKER] = 1
  return JSON.stringify(json)
}

/** What nobody misses: the gateway says elsewhere why it is not sent. */
function isWithheld(body: string, path: Path): boolean {
  const json: unknown = JSON.parse(body)
  return path.some((_, length) => {
    const { type, text, defer_loading: deferred } = at(json, path.slice(0, length + 1))
    // The client keeps its vendor's reasoning (43 to 46), a tool waits for a search (64), and who bills it is Anthropic's (70).
    const isSealed = typeof type === 'string' && /^(?:redacted_)?thinking$|^reasoning\./.test(type)
    return isSealed || deferred === true || (typeof text === 'string' && text.startsWith('x-anthropic-billing-header'))
  })
}

/** A mark is a mark, a place is a place, and counts are counts: none has members that mean something by themselves. */
const COUNTS_AS_WHOLE = new Set(['cache_control', 'prompt_cache_breakpoint', 'annotations', 'citations', 'usage'])

/** The names of what the path leads through, and of the blocks among it. */
function namesOn(json: unknown, path: Path): ReadonlySet<unknown> {
  return new Set([...path, ...path.map((_, length) => at(json, path.slice(0, length + 1))['type'])])
}

function isAccountedFor({ text, losses }: Crossed, body: string, path: Path): boolean {
  if (text.includes(MARKER)) return true
  const names = new Set([MARKER, ...namesOn(JSON.parse(body), path)])
  for (const general of ['messages', 'content', 'tools', 'choices', 'message']) names.delete(general)
  return losses.some((loss) => names.has(loss.split('.').at(-1) ?? ''))
}

function unreported(body: string, cross: (body: string) => Crossed): readonly string[] {
  return objectsIn(JSON.parse(body))
    .filter((path) => !isWithheld(body, path) && !path.some((step) => COUNTS_AS_WHOLE.has(String(step))))
    .filter((path) => !isAccountedFor(cross(marked(body, path)), body, path))
    .map((path) => path.join('.'))
}

/** What the other protocol's vendor would have to run is refused as a whole. */
const REFUSED = new Set(['future', 'pause'])

const WAYS = [
  { from: 'openai-chat', to: 'anthropic-messages' },
  { from: 'anthropic-messages', to: 'openai-chat' },
  { from: 'openai-chat', to: 'openai-chat' },
  { from: 'anthropic-messages', to: 'anthropic-messages' },
] as const

const REQUESTS = WAYS.flatMap((way) => [
  ...RICH_REQUESTS[way.from].map((body, index) => ({ ...way, name: `rich ${index}`, body: JSON.stringify(body) })),
  ...fixturesOf(way.from)
    .filter(({ name }) => way.from === way.to || !REFUSED.has(name))
    .map(({ name, request }) => ({ ...way, name, body: request })),
])

const ANSWERS = WAYS.flatMap((way) =>
  fixturesOf(way.from).map(({ name, response }) => ({ ...way, name, body: response })),
)

describe('law 5: what is not said is reported', () => {
  it.each(REQUESTS)('121 round-trip identity: a request from $from to $to ($name)', ({ from, to, body }) => {
    expect(unreported(body, (given) => crossRequest(from, to, given))).toEqual([])
  })

  it.each(ANSWERS)('121 round-trip identity: an answer from $from to $to ($name)', ({ from, to, body }) => {
    expect(unreported(body, (given) => crossAnswer(from, to, given))).toEqual([])
  })
})
