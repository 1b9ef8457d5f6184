import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LossList } from '../src/canonical/loss.ts'
import { createSealer } from '../src/exchange/sealer.ts'
import { scanJsonBytes } from '../src/lib/json.ts'
import { capabilitiesOf } from '../src/models/capabilities.ts'
import { ANTHROPIC_MESSAGES_DIALECT, OPENAI_CHAT_DIALECT } from '../src/protocols/dialect.ts'
import { PROTOCOLS } from '../src/protocols/index.ts'
import type { ReplyContext } from '../src/protocols/protocol.ts'
import { answers } from './answers.ts'
import { measureSync } from './measure.ts'
import { scenarios } from './scenarios.ts'

/** What the codecs cost by themselves, in CPU microseconds per operation, beside the same bytes through `JSON` alone. */
interface Row {
  readonly work: string
  readonly microseconds: number
  /** Against `JSON.parse` and `JSON.stringify` of the request, or of each event's data. */
  readonly ratio: number
}

const anthropic = PROTOCOLS['anthropic-messages']
const chat = PROTOCOLS['openai-chat']
const sealer = createSealer([{ id: '1', secret: Buffer.alloc(32) }], 'bench')
const capabilities = capabilitiesOf('openai', 'gpt-5.5')
const decoding = { sealer, headers: {}, losses: new LossList() }

const bodyOf = (id: string): string =>
  scenarios.find((scenario) => scenario.id === id)?.body('claude-sonnet-5', 1) ?? ''
const small = bodyOf('same-small')
const large = bodyOf('same-large')
const anthropicStream = streamOf('/v1/messages')
const chatStream = streamOf('/v1/chat/completions')

const rows: Row[] = []
for (const [name, body] of [
  ['300 B', small],
  ['150 KB', large],
] as const) {
  const reference = measureSync(() => JSON.stringify(JSON.parse(body)))
  const bytes = Buffer.from(body)
  const target = { operation: 'generate', path: '/v1/messages', query: '', headers: {} } as const
  add(`request ${name}: peek and edits for passthrough`, reference, () => {
    const envelope = anthropic.peek(bytes, target, { maxDepth: 256 })
    return anthropic.passthrough.edits(
      envelope,
      { model: 'other', capabilities: capabilitiesOf('anthropic', 'claude-sonnet-5') },
      ANTHROPIC_MESSAGES_DIALECT,
    )
  })
  add(`request ${name}: Anthropic to OpenAI`, reference, () =>
    chat.upstream.encodeRequest(anthropic.client.decodeRequest(scanJsonBytes(bytes), decoding), {
      model: 'gpt-5.5',
      provider: 'openai',
      capabilities,
      dialect: OPENAI_CHAT_DIALECT,
      losses: new LossList(),
    }),
  )
}

const streamReference = measureSync(() => {
  for (const line of chatStream.toString('utf8').split('\n')) {
    if (line.startsWith('data: {')) JSON.stringify(JSON.parse(line.slice(6)))
  }
})
add('stream of 60 events: passthrough', streamReference, () => {
  const stream = anthropic.passthrough.stream({
    requestedModel: 'a',
    includeUsage: true,
    maxEventBytes: 1 << 24,
  })
  return [stream.feed(anthropicStream), stream.end()]
})
add('stream of 60 events: OpenAI to Anthropic', streamReference, () => {
  const encoder = anthropic.client.streamEncoder(reply())
  let out = ''
  const decoder = chat.upstream.streamDecoder(
    {
      provider: 'openai',
      model: 'gpt-5.5',
      dialect: OPENAI_CHAT_DIALECT,
      toolNames: new Map(),
      outputTool: null,
      stop: [],
      maxEventBytes: 1 << 24,
    },
    (event) => {
      out += encoder.encode(event)
    },
  )
  decoder.feed(chatStream)
  decoder.end()
  return out
})

mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
writeFileSync(
  join(import.meta.dirname, 'results', 'codec.json'),
  `${JSON.stringify({ node: process.version, rows }, null, 1)}\n`,
)

function add(work: string, reference: number, step: () => unknown): void {
  const microseconds = measureSync(step)
  rows.push({ work, microseconds, ratio: microseconds / reference })
  process.stdout.write(`${work}: ${microseconds.toFixed(1)} us, ${(microseconds / reference).toFixed(2)} x JSON\n`)
}

function streamOf(path: string): Buffer {
  const answer = answers.choose(path, Buffer.from('"stream":true'))
  if (answer.kind !== 'whole') throw new Error('not a burst')
  const text = answer.bytes.toString('utf8')
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  // The one chunk of the transfer coding, without its frame.
  return Buffer.from(body.slice(body.indexOf('\r\n') + 2, body.lastIndexOf('\r\n0\r\n')))
}

function reply(): ReplyContext {
  return {
    id: 'bench',
    model: 'claude-sonnet-5',
    created: 1,
    includeUsage: true,
    estimatedInputTokens: 10,
    requestExt: null,
    sealer,
    losses: new LossList(),
  }
}
