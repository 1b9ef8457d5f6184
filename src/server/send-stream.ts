import type { ClientReply } from '../exchange/client.ts'
import type { StreamedAnswer } from './plain-route.ts'

/** Sends a long answer, no faster than the client reads it. One that cannot be read to its end is cut. */
export function sendStream(
  reply: ClientReply,
  { status, headers, length, stream }: StreamedAnswer,
  wantsBody: boolean,
): void {
  reply.head(status, { 'content-length': String(length), ...headers })
  // Whoever is gone by now, or asked for the head alone, needs no byte read.
  if (reply.closed || !wantsBody) {
    stream.destroy()
    reply.end()
    return
  }
  reply.onAbort(() => stream.destroy())
  reply.onDrain(() => stream.resume())
  stream.on('error', () => reply.destroy())
  stream.on('end', () => reply.end())
  stream.on('data', (chunk: Buffer) => {
    if (!reply.write(chunk)) stream.pause()
  })
}
