import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { MessageAnswer, RawAnswer } from './answer.ts'
import type { Fault } from './fault.ts'
import type { ContentCoding, Settings } from './settings.ts'
import type { EventList, Problem, StreamEvent, Vendor } from './vendor.ts'

/** What goes out for one request: all that is decided before the first byte leaves. */
export interface Playback {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly writes: readonly Write[]
  readonly ending: Ending
  readonly pace: Pace
  /** How writes are compressed as they leave, one by one. */
  readonly coding: ContentCoding
}

/**
 * `end`: as HTTP wants it. `close`: the connection is closed where it stands. `reset`: it is torn down. `stall`: nothing
 * more comes until the client leaves. `refuse`: it is torn down before the head.
 */
export type Ending = 'end' | 'close' | 'reset' | 'stall' | 'refuse'

export interface Write {
  readonly data: string | Buffer
  /** Carries a token, so pacing waits before it. */
  readonly token: boolean
  /** Not written before this settles. */
  readonly after: Promise<unknown> | null
}

/** Milliseconds; `split` is the size of writes in bytes, 0 leaves them as they are. */
export type Pace = Pick<Settings, 'head' | 'ttft' | 'gap' | 'split'>

/** What everything that goes out for one request shares. */
export interface PlaybackContext {
  readonly vendor: Vendor
  readonly settings: Settings
  /** What is to go wrong this time. */
  readonly fault: Fault | null
  readonly requestId: string
}

/** Marks every answer as one that no real model gave. */
const SIMULATOR_HEADERS = { 'x-ucr-simulator': '1' }

export function streamPlayback(context: PlaybackContext, list: EventList, hold: MessageAnswer['hold']): Playback {
  const { settings, vendor } = context
  const { events, ending } = streamFault(context, list)
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...codingHeaders(settings.encoding),
      ...vendor.headers(context.requestId),
      ...SIMULATOR_HEADERS,
    },
    writes: eventWrites(events, settings, vendor.ping, hold ?? null),
    ending,
    pace: settings,
    coding: settings.encoding,
  }
}

/** `tokens`: how many a stream would have paced, so that a whole answer takes as long. */
export function wholePlayback(context: PlaybackContext, body: string, tokens: number): Playback {
  const { settings } = context
  const isPlain = settings.encoding === 'identity' && context.fault === null
  // As text it leaves in one write with the head.
  const { bytes, ending, length } = isPlain
    ? ({ bytes: body, ending: 'end', length: Buffer.byteLength(body) } as const)
    : wholeFault(context.fault, encode(Buffer.from(body), settings.encoding))
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'content-length': String(length),
      ...codingHeaders(settings.encoding),
      ...context.vendor.headers(context.requestId),
      ...SIMULATOR_HEADERS,
    },
    writes: [{ data: bytes, token: true, after: null }],
    ending,
    pace: {
      head: settings.head + settings.ttft + settings.gap * Math.max(0, tokens - 1),
      ttft: 0,
      gap: 0,
      split: settings.split,
    },
    coding: 'identity',
  }
}

/** Bodies that servers in front of the vendor answer with, instead of the vendor's own. */
const OTHER_BODIES = {
  html: ['text/html', '<html><head><title>Error</title></head><body><h1>Error</h1><p>nginx</p></body></html>'],
  text: ['text/plain', 'upstream connect error or disconnect/reset before headers'],
  empty: ['text/plain', ''],
} as const

export function errorPlayback(
  context: PlaybackContext,
  problem: Problem,
  extraHeaders: Readonly<Record<string, string>> = {},
): Playback {
  const { settings, vendor } = context
  const [contentType, body] =
    settings.body === 'json'
      ? ['application/json', vendor.error(problem, context.requestId)]
      : OTHER_BODIES[settings.body]
  const bytes = encode(Buffer.from(body), settings.encoding)
  return {
    status: problem.status,
    headers: {
      'content-type': contentType,
      'content-length': String(bytes.length),
      ...(settings.retryAfter === null ? {} : { 'retry-after': settings.retryAfter }),
      ...codingHeaders(settings.encoding),
      ...vendor.headers(context.requestId),
      ...SIMULATOR_HEADERS,
      ...extraHeaders,
    },
    writes: [{ data: bytes, token: false, after: null }],
    ending: 'end',
    pace: { ...settings, ttft: 0, gap: 0 },
    coding: 'identity',
  }
}

export function rawPlayback(context: PlaybackContext, answer: RawAnswer): Playback {
  return {
    status: answer.status,
    headers: { ...answer.headers, ...SIMULATOR_HEADERS },
    writes: answer.writes.map((data) => ({ data, token: true, after: null })),
    ending: 'end',
    pace: context.settings,
    coding: 'identity',
  }
}

/** The connection is torn down before anything was said. */
export function refusedPlayback(context: PlaybackContext): Playback {
  return { status: 0, headers: {}, writes: [], ending: 'refuse', pace: context.settings, coding: 'identity' }
}

interface FaultyEvents {
  readonly events: readonly StreamEvent[]
  readonly ending: Ending
}

function streamFault(context: PlaybackContext, { events, endsAt }: EventList): FaultyEvents {
  const { fault, requestId, vendor } = context
  switch (fault?.kind) {
    case undefined:
    case 'status':
    case 'drop':
      return { events, ending: 'end' }
    case 'cut':
      return { events: events.slice(0, fault.after), ending: 'reset' }
    case 'fin':
      return { events: events.slice(0, fault.after), ending: 'close' }
    case 'end':
      return { events: events.slice(0, fault.after), ending: 'end' }
    case 'stall':
      return { events: events.slice(0, fault.after), ending: 'stall' }
    case 'tear':
      return {
        events: [...events.slice(0, fault.after), ...events.slice(fault.after).slice(0, 1).map(half)],
        ending: 'end',
      }
    case 'garbage':
      return { events: events.with(Math.min(fault.after, events.length - 1), plain(vendor.garbage)), ending: 'end' }
    case 'error': {
      const problem = { status: 529, message: 'Overloaded' }
      return { events: [...events.slice(0, fault.after), plain(vendor.errorEvent(problem, requestId))], ending: 'end' }
    }
    case 'truncated':
      return { events: events.slice(0, endsAt), ending: 'end' }
    case 'no-stop':
      return { events: events.slice(0, -1), ending: 'end' }
    default:
      return fault satisfies never
  }
}

function plain(text: string): StreamEvent {
  return { text, token: false }
}

function half(event: StreamEvent): StreamEvent {
  return { ...event, text: event.text.slice(0, event.text.length / 2) }
}

interface FaultyBody {
  readonly bytes: Buffer
  readonly ending: Ending
  /** What the head says. */
  readonly length: number
}

/** A whole answer breaks in its middle, or before its first byte where the fault comes after 0 events. */
function wholeFault(fault: Fault | null, body: Buffer): FaultyBody {
  if (fault === null || fault.kind === 'status' || fault.kind === 'drop') {
    return { bytes: body, ending: 'end', length: body.length }
  }
  const bytes = 'after' in fault && fault.after === 0 ? Buffer.alloc(0) : body.subarray(0, body.length / 2)
  const ending = BROKEN_OFF[fault.kind]
  return { bytes, ending: ending ?? 'end', length: ending === undefined ? bytes.length : body.length }
}

const BROKEN_OFF: Readonly<Partial<Record<Fault['kind'], Ending>>> = { cut: 'reset', fin: 'close', stall: 'stall' }

function eventWrites(
  events: readonly StreamEvent[],
  settings: Settings,
  ping: string,
  hold: NonNullable<MessageAnswer['hold']> | null,
): readonly Write[] {
  const writes = new WriteList(settings)
  for (const [index, event] of events.entries()) {
    if (index === hold?.afterEvents) writes.hold(hold.until)
    if (settings.pings > 0 && index > 0 && index % settings.pings === 0) writes.add(plain(ping))
    writes.add(event)
  }
  if (hold !== null && hold.afterEvents >= events.length) writes.hold(hold.until)
  return writes.finish()
}

/** Gathers events into writes of as many as `batch` says. */
class WriteList {
  readonly #writes: Write[] = []
  readonly #batch: number
  readonly #crlf: boolean
  #data = ''
  #count = 0
  #token = false
  #after: Promise<unknown> | null = null

  constructor(settings: Settings) {
    this.#batch = settings.batch
    this.#crlf = settings.crlf
  }

  add(event: StreamEvent): void {
    this.#data += this.#crlf ? event.text.replaceAll('\n', '\r\n') : event.text
    this.#token ||= event.token
    if (++this.#count >= this.#batch) this.#flush()
  }

  /** What follows waits for the promise. */
  hold(until: Promise<unknown>): void {
    this.#flush()
    this.#after = until
  }

  finish(): readonly Write[] {
    this.#flush()
    return this.#writes
  }

  #flush(): void {
    if (this.#count > 0 || this.#after !== null) {
      this.#writes.push({ data: this.#data, token: this.#token, after: this.#after })
    }
    this.#data = ''
    this.#count = 0
    this.#token = false
    this.#after = null
  }
}

function codingHeaders(coding: ContentCoding): Readonly<Record<string, string>> {
  return coding === 'identity' ? {} : { 'content-encoding': coding }
}

const ENCODERS = {
  identity: (bytes: Buffer) => bytes,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const satisfies Record<ContentCoding, (bytes: Buffer) => Buffer>

function encode(bytes: Buffer, coding: ContentCoding): Buffer {
  return ENCODERS[coding](bytes)
}
