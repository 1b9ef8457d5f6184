import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'

type Json = Record<string, unknown>

export interface VendorRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Json
}

/** Answers one request. Whatever it returns is waited for. */
export type Step = (response: ServerResponse, request: VendorRequest) => void | Promise<void>

export interface ScriptedVendor {
  readonly url: string
  readonly requests: readonly VendorRequest[]
  /** What else it was asked: for its models, or for a single token. */
  readonly asides: readonly string[]
  /** What is answered from now on, in order; the last one again and again. */
  script(...steps: Step[]): void
  close(): Promise<void>
}

/**
 * A far end that speaks Anthropic, as itself, as Bedrock or as Vertex does, says what a test tells it to say, and keeps
 * what it is asked.
 */
export async function startScriptedVendor(): Promise<ScriptedVendor> {
  const requests: VendorRequest[] = []
  const asides: string[] = []
  let steps: Step[] = [says('Hello.')]
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      if (method !== 'POST' || url.endsWith('/invoke')) {
        asides.push(`${method} ${url}`)
        response.writeHead(method === 'POST' ? 400 : 200, { 'content-type': 'application/json' })
        response.end('{"inferenceProfileSummaries":[]}')
        return
      }
      const request = { path: url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Json }
      requests.push(request)
      const step = steps.length > 1 ? steps.shift() : steps[0]
      void step?.(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    asides,
    script: (...next) => {
      steps = next
      requests.length = 0
      asides.length = 0
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Something that happens once, and can be waited for. */
export interface Latch {
  readonly passed: Promise<void>
  pass(): void
}

export function latch(): Latch {
  let pass = (): void => {}
  const passed = new Promise<void>((resolve) => {
    pass = resolve
  })
  return { passed, pass: () => pass() }
}

export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Json }

export function says(text: string): Step {
  return answers([{ type: 'text', text }])
}

/** A complete stream of these blocks. */
export function answers(blocks: readonly Block[], stopReason = 'end_turn'): Step {
  return (response) => {
    const stream = openStream(response)
    for (const block of blocks) stream.block(block)
    stream.finish(stopReason)
  }
}

export function fails(status: number, type: string, message: string, headers: Record<string, string> = {}): Step {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ type: 'error', error: { type, message } }))
  }
}

export interface VendorStream {
  send(event: Json): void
  block(block: Block): void
  finish(stopReason: string): void
}

export function openStream(response: ServerResponse): VendorStream {
  let index = 0
  const isBedrock = response.req.url?.endsWith('/invoke-with-response-stream') === true
  const send = (event: Json): void => {
    const text = JSON.stringify(event)
    response.write(isBedrock ? bedrockFrame(text) : `event: ${String(event['type'])}\ndata: ${text}\n\n`)
  }
  response.writeHead(200, { 'content-type': isBedrock ? 'application/vnd.amazon.eventstream' : 'text/event-stream' })
  const usage = { input_tokens: 10, cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 1 }
  const message = { id: 'msg_scripted', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [] }
  send({ type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } })
  return {
    send,
    block: (block) => {
      const { start, deltas } = piecesOf(block)
      send({ type: 'content_block_start', index, content_block: start })
      for (const delta of deltas) send({ type: 'content_block_delta', index, delta })
      send({ type: 'content_block_stop', index })
      index++
    },
    finish: (stopReason) => {
      const delta = { stop_reason: stopReason, stop_sequence: null }
      send({ type: 'message_delta', delta, usage: { output_tokens: 20 } })
      send({ type: 'message_stop' })
      response.end()
    },
  }
}

/**
 * An event in a frame of Amazon's: lengths and their checksum, headers, payload, checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
 */
function bedrockFrame(event: string): Buffer {
  const headers = Buffer.concat(
    [
      [':event-type', 'chunk'],
      [':content-type', 'application/json'],
      [':message-type', 'event'],
    ].flatMap(([name = '', value = '']) => {
      const size = Buffer.alloc(3)
      size.writeUInt8(7)
      size.writeUInt16BE(value.length, 1)
      return [Buffer.from([name.length]), Buffer.from(name), size, Buffer.from(value)]
    }),
  )
  const payload = Buffer.from(JSON.stringify({ bytes: Buffer.from(event).toString('base64') }))
  const frame = Buffer.alloc(12 + headers.length + payload.length + 4)
  frame.writeUInt32BE(frame.length)
  frame.writeUInt32BE(headers.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  headers.copy(frame, 12)
  payload.copy(frame, 12 + headers.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4)
  return frame
}

function piecesOf(block: Block): { readonly start: Json; readonly deltas: readonly Json[] } {
  switch (block.type) {
    case 'text':
      return { start: { type: 'text', text: '' }, deltas: [{ type: 'text_delta', text: block.text }] }
    case 'thinking':
      return {
        start: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          { type: 'thinking_delta', thinking: block.thinking },
          { type: 'signature_delta', signature: 'c2lnbmVk' },
        ],
      }
    case 'tool_use':
      return {
        start: { type: 'tool_use', id: block.id, name: block.name, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }],
      }
    default:
      return block satisfies never
  }
}
