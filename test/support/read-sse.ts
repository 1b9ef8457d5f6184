import { SseFramer } from '../../src/lib/sse.ts'

/** One event as a client sees it. Comments come too, with empty `event` and `data`. */
export interface ReceivedEvent {
  readonly event: string
  readonly data: string
  /** The event as it came, with its blank line. */
  readonly text: string
}

const LARGEST_EVENT = 64 * 1024 * 1024

/** The events of a body as they come: `for await`, or `next()` step by step. What ends the body early is thrown. */
export async function* readSse(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<ReceivedEvent, void> {
  const framer = new SseFramer(LARGEST_EVENT)
  let ready: ReceivedEvent[] = []
  const collect = ({ bytes, data, event }: { bytes: Buffer; data: string; event: string }): void => {
    ready.push({ event, data, text: bytes.toString('utf8') })
  }
  for await (const chunk of body ?? []) {
    framer.feed(Buffer.from(chunk), collect)
    yield* ready
    ready = []
  }
  framer.end(collect)
  yield* ready
}

/** All events of a body, or of a text that was read already. */
export async function collectSse(body: AsyncIterable<Uint8Array> | string | null): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = []
  for await (const event of readSse(typeof body === 'string' ? chunksOf(body) : body)) events.push(event)
  return events
}

/** The JSON of each event that has any. */
export function jsonEvents<Event = unknown>(events: readonly ReceivedEvent[]): Event[] {
  return events.filter(({ data }) => data.startsWith('{')).map(({ data }) => JSON.parse(data) as Event)
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
