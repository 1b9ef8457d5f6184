import { once } from 'node:events'
import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { onTestFinished } from 'vitest'

export interface Http2Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** A session of Node's client; any certificate will do. It is closed when the test is over. */
export async function openSession(url: string): Promise<ClientHttp2Session> {
  const session = connect(url, { rejectUnauthorized: false })
  session.on('error', () => {})
  onTestFinished(() => session.destroy())
  await once(session, 'connect')
  return session
}

export interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

/** Begins a request; with a body it is sent whole. */
export function begin(session: ClientHttp2Session, { method, path, headers, body }: Question = {}): ClientHttp2Stream {
  const stream = session.request(
    { ':method': method ?? (body === undefined ? 'GET' : 'POST'), ':path': path ?? '/v1/models', ...headers },
    { endStream: body === undefined },
  )
  stream.on('error', () => {})
  if (body !== undefined) stream.end(body)
  return stream
}

/** The whole answer. Rejects when there is none. */
export async function ask(session: ClientHttp2Session, question: Question = {}): Promise<Http2Answer> {
  return answerTo(begin(session, question))
}

export async function answerTo(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(stream, 'close')
  const head = await Promise.race([
    once(stream, 'response').then(([fields]) => fields as IncomingHttpHeaders),
    ended.then(() => null),
  ])
  if (head === null) throw new Error(`reset with ${stream.rstCode}`)
  await ended
  const headers = Object.fromEntries(Object.entries(head).map(([name, value]) => [name, value?.toString()]))
  return { status: Number(head[':status']), headers, body: Buffer.concat(chunks).toString('utf8') }
}

/** The first bytes of an answer's body. */
export async function firstBytes(stream: ClientHttp2Stream): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer]
  return chunk.toString('utf8')
}
